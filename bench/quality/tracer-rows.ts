import type { CoverageRun } from './coverage.ts';
import { answeredShare } from './coverage-rows.ts';
import { tenTasks } from './label-tasks.ts';
import { mean } from './statistics.ts';
import { percent, type TableRow } from './table.ts';
import type { TracerRun } from './tracer.ts';

/** One task at one target: means over the seeds that both have. */
interface Pair {
  readonly task: string;
  readonly ours: Side;
  readonly tracer: Side;
}

interface Side {
  /** Share of the judging rows that was handled. */
  readonly handled: number;
  /** Runs in which fewer of the handled agreed than promised. */
  readonly broken: number;
  readonly runs: number;
  readonly cpuSeconds: number;
}

/** Ours beside TRACER's: agreement among the handled, at its confidence of 90 %. */
export function tracerRows(
  coverage: readonly CoverageRun[] | null,
  tracer: readonly TracerRun[] | null,
): readonly TableRow[] {
  return [0.95, 0.98].map((target) => {
    const base = {
      measure: `TRACER at ${percent(target, 0)} among the handled: handled share, mean of ten tasks`,
      bar: 'handles as much in the mean and on ≥ 8 of 10, keeps the target as often, learns ≥ 30 × faster',
    };
    const pairs = pairsAt(target, coverage ?? [], tracer ?? []);
    if (pairs.length === 0) return { ...base, known: 'TRACER not measured', ours: null, isMet: null };
    const ours = summary(pairs.map((pair) => pair.ours));
    const theirs = summary(pairs.map((pair) => pair.tracer));
    const ahead = pairs.filter((pair) => pair.ours.handled >= pair.tracer.handled).length;
    const times = theirs.cpuSeconds / ours.cpuSeconds;
    return {
      ...base,
      known: say(theirs),
      ours: `${say(ours)}; at least as much on ${ahead} of ${pairs.length}; learns ${times.toFixed(1)} × as fast`,
      isMet:
        pairs.length < tenTasks.length
          ? null
          : ours.handled >= theirs.handled && ahead >= 8 && ours.broken <= theirs.broken && times >= 30,
    };
  });
}

/** A table of the single tasks. */
export function tracerTable(coverage: readonly CoverageRun[] | null, tracer: readonly TracerRun[] | null): string {
  const lines = [0.95, 0.98].flatMap((target) =>
    pairsAt(target, coverage ?? [], tracer ?? []).map(
      ({ task, ours, tracer: theirs }) => `| ${task} | ${percent(target, 0)} | ${say(ours)} | ${say(theirs)} |`,
    ),
  );
  return [
    '**TRACER beside ours, task by task** (agreement among the handled)',
    '',
    '| task | target | ours | TRACER |',
    '|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}

function say({ handled, broken, runs, cpuSeconds }: Side): string {
  return `${percent(handled)} handled, below the target in ${broken} of ${runs}, ${cpuSeconds.toFixed(1)} s of CPU`;
}

function summary(sides: readonly Side[]): Side {
  return {
    handled: mean(sides.map(({ handled }) => handled)),
    broken: sides.reduce((sum, { broken }) => sum + broken, 0),
    runs: sides.reduce((sum, { runs }) => sum + runs, 0),
    cpuSeconds: mean(sides.map(({ cpuSeconds }) => cpuSeconds)),
  };
}

function pairsAt(target: number, coverage: readonly CoverageRun[], tracer: readonly TracerRun[]): readonly Pair[] {
  const epsilon = String(Number((1 - target).toFixed(2)));
  return tenTasks.flatMap(({ name }) => {
    const fits = tracer.filter(
      (fit) => fit.task === name && fit.target === target && fit.zoo === 'light' && fit.judged,
    );
    const own = coverage.filter((run) => run.task === name && fits.some((fit) => fit.seed === run.seed));
    const theirs = fits.filter((fit) => own.some((run) => run.seed === fit.seed));
    return own.length === 0 ? [] : [{ task: name, ours: oursAt(own, epsilon), tracer: tracerAt(theirs) }];
  });
}

function oursAt(runs: readonly CoverageRun[], epsilon: string): Side {
  const judged = runs.map((run) => run.answeredAtTracersConfidence[epsilon]);
  return {
    handled: mean(runs.map((run, index) => answeredShare(run, judged[index]))),
    broken: judged.filter((at) => at !== undefined && at.different > Number(epsilon) * at.answered).length,
    runs: runs.length,
    cpuSeconds: mean(runs.map((run) => run.cpuSeconds)),
  };
}

function tracerAt(fits: readonly TracerRun[]): Side {
  return {
    handled: mean(fits.map(({ handled = 0, judged = 1 }) => handled / judged)),
    broken: fits.filter(({ handled = 0, agreeing = 0, target }) => agreeing < target * handled).length,
    runs: fits.length,
    cpuSeconds: mean(fits.map(({ cpuSeconds = 0 }) => cpuSeconds)),
  };
}
