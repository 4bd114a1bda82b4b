import { mean, spreadOf } from './statistics.ts';
import { percent, percentSpread, type TableRow } from './table.ts';

/** What bench/growth.ts writes, as far as it is read here. */
export interface GrowthResult {
  readonly epsilon: number;
  readonly certificates: number;
  readonly broken: number;
  readonly results: readonly {
    readonly avoided: number;
    readonly avoidedSecondHalf: number;
    readonly disagreement: number;
    readonly accuracy: { readonly given: number; readonly teacher: number };
  }[];
}

/** The stream that GPT-4 answered, with the product's own loop: windows, spot checks, certificates. */
export function certifiedStreamRows(result: GrowthResult | null): readonly TableRow[] {
  const base = {
    measure: 'the same 3,080 calls with certificates at ε = 5 %: calls avoided',
    known: '–',
    bar: 'report',
    isMet: null,
  };
  if (result === null) return [{ ...base, ours: null }];
  const { results } = result;
  const accuracy = (who: 'given' | 'teacher'): string => percent(mean(results.map((run) => run.accuracy[who])));
  const ours =
    `${percentSpread(spreadOf(results.map(({ avoided }) => avoided)))}, of the second half ` +
    `${percent(mean(results.map((run) => run.avoidedSecondHalf)))}; different at most ` +
    `${percent(Math.max(...results.map(({ disagreement }) => disagreement)))}; accuracy ${accuracy('given')}, the teacher’s ` +
    `${accuracy('teacher')}; ${result.broken} of ${result.certificates} certificates broken`;
  return [{ ...base, ours }];
}

/** What bench/replay.ts writes, as far as it is read here. */
export interface ReplayResult {
  readonly runs: readonly {
    readonly epsilon: number;
    readonly seed: number;
    readonly tasks: readonly { readonly name: string; readonly calls: number; readonly avoidedShare: number }[];
    readonly certificates: number;
    readonly broken: number;
  }[];
}

const replayBars = [
  { epsilon: 0.02, bar: 0.35, dream: 0.45 },
  { epsilon: 0.05, bar: 0.5, dream: 0.65 },
] as const;

/** The month of mixed traffic: share of the calls of tasks, the tasks that no student can learn included. */
export function replayRows(result: ReplayResult | null): readonly TableRow[] {
  return replayBars.map(({ epsilon, bar, dream }) => {
    const base = {
      measure: `a month of traffic replayed from nothing, ε = ${percent(epsilon, 0)}: calls of tasks avoided`,
      known: 'a plain blend trained on 70 % reaches 31–100 % of single tasks at the end of the month',
      bar: `≥ ${percent(bar, 0)}, dream ${percent(dream, 0)}; at most δ of the certificates broken`,
    };
    const runs = (result?.runs ?? []).filter((run) => run.epsilon === epsilon);
    if (runs.length === 0) return { ...base, ours: null, isMet: null };
    const avoided = spreadOf(runs.map(({ tasks }) => avoidedOfTasks(tasks)));
    const certificates = runs.reduce((sum, run) => sum + run.certificates, 0);
    const broken = runs.reduce((sum, run) => sum + run.broken, 0);
    const ours = `${percentSpread(avoided)}; ${broken} of ${certificates} certificates broken; ${runs.length} seeds`;
    return { ...base, ours, isMet: avoided.mean >= bar && broken <= 0.05 * certificates };
  });
}

/** Open chat has no name of its own and is no task. */
function avoidedOfTasks(tasks: ReplayResult['runs'][number]['tasks']): number {
  const named = tasks.filter(({ name }) => !name.startsWith('task_'));
  const calls = named.reduce((sum, task) => sum + task.calls, 0);
  return named.reduce((sum, task) => sum + task.calls * task.avoidedShare, 0) / Math.max(1, calls);
}
