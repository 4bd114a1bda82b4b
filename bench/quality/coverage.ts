// What a certificate lets a student answer: learned on 70 % of a task, certified on 15 %, judged on 15 %.
// `all`: at most ε of all calls answered and different. `answered`: at most ε of the answered ones, TRACER's promise.
// usage: npx tsx bench/quality/coverage.ts [--tasks ten|real|sms-spam,trec] [--seeds 3] [--fresh]
import { parseArgs } from 'node:util';
import { callsThatCount } from '../../src/certify/calls-that-count.ts';
import { chooseThreshold, type ScoredOutcome } from '../../src/certify/choose-threshold.ts';
import { chooseSelectiveThreshold } from '../../src/certify/selective-risk.ts';
import { type LabelTask, readTask, realAnswerTasks, setOf, splitRows, type TaskRow, tenTasks } from './label-tasks.ts';
import { type Learned, learn } from './learner.ts';
import { readResult, writeResult } from './result-file.ts';
import { cachedVectors, type Vectors } from './vector-cache.ts';

const DELTA = 0.05;
/** TRACER's bounds hold with 90 %: like is compared with like. */
const TRACER_DELTA = 0.1;
const epsilons = [0.05, 0.02];

/** Answered and different, among the rows that judge. */
export interface Judged {
  readonly threshold: number | null;
  readonly answered: number;
  readonly different: number;
}

export interface CoverageRun {
  readonly task: string;
  readonly teacher: string;
  readonly seed: number;
  readonly withVectors: boolean;
  readonly rows: { readonly train: number; readonly certify: number; readonly judge: number };
  /** Of the student alone on all judging rows, with the teacher and with gold. */
  readonly agreement: number;
  readonly accuracy: number;
  readonly teacherAccuracy: number;
  readonly cpuSeconds: number;
  /** By ε, as a decimal. */
  readonly all: Readonly<Record<string, Judged>>;
  readonly answered: Readonly<Record<string, Judged>>;
  readonly answeredAtTracersConfidence: Readonly<Record<string, Judged>>;
}

const { values: options } = parseArgs({
  options: {
    tasks: { type: 'string', default: 'ten,real' },
    seeds: { type: 'string', default: '3' },
    fresh: { type: 'boolean', default: false },
  },
});

function chosenTasks(): readonly LabelTask[] {
  const groups: Readonly<Record<string, readonly LabelTask[]>> = { ten: tenTasks, real: realAnswerTasks };
  return options.tasks
    .split(',')
    .flatMap((name) => groups[name] ?? [...tenTasks, ...realAnswerTasks].filter((task) => task.name === name));
}

function measure(task: LabelTask, rows: readonly TaskRow[], seed: number, vectors: Vectors | null): CoverageRun {
  const { train, certify, judge } = splitRows(rows, seed);
  const learned = learn(train, vectors, seed);
  const sample = outcomes(learned, certify);
  const unseen = outcomes(learned, judge);
  const planningScores = learned.trained.outOfFold.map(({ score }) => score);
  const byEpsilon = (choose: (epsilon: number) => { readonly certified: boolean; readonly threshold?: number }) =>
    Object.fromEntries(epsilons.map((epsilon) => [String(epsilon), judgeAt(unseen, choose(epsilon).threshold)]));
  return {
    task: task.name,
    teacher: task.model ?? 'gold',
    seed,
    withVectors: vectors !== null,
    rows: { train: train.length, certify: certify.length, judge: judge.length },
    agreement: share(unseen, ({ different }) => !different),
    accuracy: share(judge, ({ text, gold }) => learned.ask(text).label === gold),
    teacherAccuracy: share(judge, ({ label, gold }) => label === gold),
    cpuSeconds: learned.cpuSeconds,
    all: byEpsilon((epsilon) => chooseThreshold(thatCount(sample, epsilon), { epsilon, delta: DELTA })),
    answered: byEpsilon((epsilon) => chooseSelectiveThreshold(sample, { epsilon, delta: DELTA, planningScores })),
    answeredAtTracersConfidence: byEpsilon((epsilon) =>
      chooseSelectiveThreshold(sample, { epsilon, delta: TRACER_DELTA, planningScores }),
    ),
  };
}

function outcomes(learned: Learned, rows: readonly TaskRow[]): readonly ScoredOutcome[] {
  return rows.map(({ text, label }) => {
    const prediction = learned.ask(text);
    return { score: prediction.score, different: prediction.label !== label };
  });
}

/** The part of a sample that `train` certifies on. */
function thatCount(sample: readonly ScoredOutcome[], epsilon: number): readonly ScoredOutcome[] {
  return sample.slice(0, callsThatCount({ n: sample.length, epsilon, delta: DELTA }));
}

function judgeAt(unseen: readonly ScoredOutcome[], threshold: number | undefined): Judged {
  if (threshold === undefined) return { threshold: null, answered: 0, different: 0 };
  const answered = unseen.filter(({ score }) => score >= threshold);
  return { threshold, answered: answered.length, different: answered.filter(({ different }) => different).length };
}

function share<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  return items.filter(holds).length / items.length;
}

const kept = options.fresh ? null : (readResult('quality-coverage') as { runs: CoverageRun[] } | null);
const runs: CoverageRun[] = [...(kept?.runs ?? [])];
for (const task of chosenTasks()) {
  const rows = readTask(task);
  if (rows === null) {
    console.error(`${task.name}: left out, its data is not there`);
    continue;
  }
  const vectors = cachedVectors(setOf(task));
  for (let seed = 1; seed <= Number(options.seeds); seed++) {
    if (runs.some((run) => run.task === task.name && run.seed === seed)) continue;
    const run = measure(task, rows, seed, vectors);
    console.error(JSON.stringify(run));
    runs.push(run);
    writeResult('coverage', { delta: DELTA, tracersDelta: TRACER_DELTA, runs });
  }
}
