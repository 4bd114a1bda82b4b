import type { CoverageRun, Judged } from './coverage.ts';
import { realAnswerTasks, tenTasks } from './label-tasks.ts';
import { mean, type Spread, spreadOf } from './statistics.ts';
import { percent, percentSpread, type TableRow, type TableRows } from './table.ts';

const bars = [
  { epsilon: '0.05', known: '55 % (BARGAIN, other tasks); 83.9 % (plain blend)', bar: 0.87, dream: 0.9 },
  { epsilon: '0.02', known: '69.5 % (plain blend)', bar: 0.74, dream: 0.8 },
] as const;

/** The ten tasks' mean, and each task whose answers a real model gave. */
export function coverageRows(runs: readonly CoverageRun[] | null): TableRows {
  return {
    gold: bars.map(({ epsilon, known, bar, dream }) => {
      const measure = `calls avoided at certified ${percent(1 - Number(epsilon), 0)} agreement, mean of ten tasks (ISEAR’s teacher is GPT-3.5)`;
      const base = { measure, known, bar: `≥ ${percent(bar, 0)}, dream ${percent(dream, 0)}` };
      const own = (runs ?? []).filter((run) => tenTasks.some(({ name }) => name === run.task));
      const means = ofCompleteSeeds(own, (seed) => mean(seed.map((run) => answeredShare(run, run.all[epsilon]))));
      if (means === null) return { ...base, ours: null, isMet: null };
      const different = mean(own.map((run) => (run.all[epsilon]?.different ?? 0) / run.rows.judge));
      const broken = own.filter((run) => (run.all[epsilon]?.different ?? 0) / run.rows.judge > Number(epsilon)).length;
      const ours = `${percentSpread(means)}; different ${percent(different)}, above ε on the judging rows in ${broken} of ${own.length}`;
      return { ...base, ours, isMet: means.mean >= bar };
    }),
    real: [...tenTasks.filter(({ model }) => model !== undefined), ...realAnswerTasks].map(({ name, model }) =>
      realRow(
        `${name}, ${model}: calls avoided at ε = 5 % / 2 %`,
        (runs ?? []).filter((run) => run.task === name),
      ),
    ),
  };
}

function realRow(measure: string, runs: readonly CoverageRun[]): TableRow {
  const base = { measure, known: '–', bar: 'report', isMet: null };
  if (runs.length === 0) return { ...base, ours: null };
  const covered = bars.map(({ epsilon }) =>
    percentSpread(spreadOf(runs.map((run) => answeredShare(run, run.all[epsilon])))),
  );
  const agreement = percent(mean(runs.map((run) => run.agreement)));
  return { ...base, ours: `${covered.join(' / ')}; the student alone agrees on ${agreement}` };
}

/** Each of the ten tasks: share answered under both promises, and what of all calls was answered and different. */
export function coverageTable(runs: readonly CoverageRun[] | null): string {
  const lines = tenTasks.flatMap(({ name }) => {
    const own = (runs ?? []).filter((run) => run.task === name);
    if (own.length === 0) return [];
    const cells = bars.map(({ epsilon }) => {
      const all = own.map((run) => answeredShare(run, run.all[epsilon]));
      const different = own.map((run) => (run.all[epsilon]?.different ?? 0) / run.rows.judge);
      const answered = own.map((run) => answeredShare(run, run.answered[epsilon]));
      return `${percentSpread(spreadOf(all))} | ${percent(mean(different))} | ${percent(mean(answered))}`;
    });
    return [`| ${name} | ${percent(mean(own.map((run) => run.agreement)))} | ${cells.join(' | ')} |`];
  });
  return [
    '**Certified coverage, task by task** (ε of all calls; in brackets least and most of the seeds)',
    '',
    '| task | student alone agrees | 5 %: answered | different | 5 % of the answered | 2 %: answered | different | 2 % of the answered |',
    '|---|---|---|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}

export function answeredShare(run: CoverageRun, judged: Judged | undefined): number {
  return (judged?.answered ?? 0) / run.rows.judge;
}

/** Spread of a figure over the seeds that have all ten tasks; null where none has. */
function ofCompleteSeeds(
  runs: readonly CoverageRun[],
  figure: (seed: readonly CoverageRun[]) => number,
): Spread | null {
  const seeds = [...new Set(runs.map(({ seed }) => seed))].map((seed) => runs.filter((run) => run.seed === seed));
  const complete = seeds.filter((seed) => seed.length === tenTasks.length);
  return complete.length === 0 ? null : spreadOf(complete.map(figure));
}
