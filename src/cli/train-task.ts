import { callsThatCount } from '../certify/calls-that-count.ts';
import type { ThresholdChoice } from '../certify/choose-threshold.ts';
import { deltaOfLook } from '../certify/look-budget.ts';
import { choosePromisedThreshold, planPromise } from '../certify/promised-threshold.ts';
import { type Curated, curate } from '../curate/curate.ts';
import { type Lineage, lineageOf, termsOfLineage } from '../curate/lineage.ts';
import type { Encoder } from '../encoder/encoder.ts';
import { withVectors } from '../encoder/input-vector.ts';
import { RightsizeError } from '../errors.ts';
import { createBaselines } from '../evaluate/baselines.ts';
import { type Evaluation, evaluate } from '../evaluate/evaluate.ts';
import type { Student } from '../learn/student.ts';
import type { JsonObject } from '../records/call.ts';
import { isSameAnswer } from '../records/canonical-answer.ts';
import type { Certificate, PromiseKind } from '../records/certificate.ts';
import type { Example } from '../records/example.ts';
import type { LearnableShape } from '../records/output-shape.ts';
import type { Task } from '../records/task.ts';
import { toleranceOf } from '../records/task-tolerance.ts';
import type { Store } from '../storage/store.ts';
import { type Asking, askStudent } from '../train/ask-student.ts';
import { type CurveProbe, probeCurve } from '../train/probe-curve.ts';
import type { Trainer, TrainingReport } from '../train/trainer.ts';
import { learnableShapeOf, trainedCalls } from './stored-tasks.ts';

export interface TrainTaskOptions {
  readonly store: Store;
  readonly task: Task;
  /** Rows of the task's newest version. */
  readonly examples: readonly Example[];
  readonly frozenGold: ReadonlySet<string>;
  readonly trainer: Trainer;
  /** Null or absent: the student sees n-grams alone. */
  readonly encoder?: Encoder | null;
  readonly head: 'linear' | 'mlp' | 'best';
  readonly epsilon: number;
  readonly delta: number;
  /** Of which calls ε is a share; all calls unless given. */
  readonly promise?: PromiseKind;
  readonly seed: number;
  /** Milliseconds since 1970, UTC. */
  readonly now: number;
  /** Host that answers calls through the gateway; null where none is configured. */
  readonly upstream?: string | null;
}

export interface TrainTaskReport {
  readonly rows: {
    readonly train: number;
    readonly certify: number;
    readonly judge: number;
    readonly dropped: Curated['dropped'];
  };
  readonly student: Pick<Student, 'id' | 'labels'>;
  readonly training: TrainingReport;
  /** What more calls would bring. */
  readonly curve: CurveProbe;
  /** Where the training rows come from. */
  readonly lineage: Lineage;
  /** What the terms of those who answered them say about training. */
  readonly terms: ReturnType<typeof termsOfLineage>;
  /** On rows that neither trained the student nor chose its threshold. */
  readonly evaluation: Evaluation;
  /** Null: the student does not beat the cheap baselines, so nobody asked for a certificate and no look was spent. */
  readonly look: number | null;
  readonly choice: ThresholdChoice | null;
  readonly certificate: Certificate | null;
}

/** Fewer rows give neither a student worth having nor a certificate. */
const fewestRows = 20;

/**
 * Curates, trains, judges against the baselines, and then asks for a certificate on the rows in between.
 * The student and its certificate are stored; one that does not beat the baselines is not.
 * @throws RightsizeError `too_few_examples`.
 */
export async function trainTask(options: TrainTaskOptions): Promise<TrainTaskReport> {
  const { store, task, examples, trainer, encoder = null, head, seed } = options;
  const shape = learnableShapeOf(task);
  const isClosedSet = shape.kind === 'label';
  const parts = curate(examples, {
    frozenGold: options.frozenGold,
    // A whole answer of several fields comes once, as a rule.
    ...(!isClosedSet && { manyRows: Number.POSITIVE_INFINITY }),
  });
  const rows = parts.train.flatMap(({ slots, label }) => (label === null ? [] : [{ slots, label }]));
  if (rows.length < fewestRows || parts.certify.length === 0 || parts.judge.length === 0) {
    throw new RightsizeError(
      'too_few_examples',
      `\`${task.name}\` has ${examples.length} calls, of which ${rows.length} can train; it takes ${fewestRows}, and later ones to certify and judge.`,
    );
  }
  const job = {
    kind: isClosedSet ? 'label' : 'fields',
    ...toleranceOf(shape),
    rows: encoder === null ? rows : await withVectors(rows, encoder),
    encoder: encoder?.need ?? null,
    seed,
    head,
  } as const;
  const whole = await trainer.train(job);
  const { student, report, outOfFold } = whole;
  const isSame = (a: string, b: string): boolean => isSameAnswer(shape, a, b);
  const curve = await probeCurve({ job, whole, trainer, epsilon: options.epsilon, isSame });
  const unseen = [...parts.certify, ...parts.judge].map(({ slots }) => slots);
  const ask = await askStudent(student, unseen, encoder);
  const trained = await trainedCalls(store, task, new Set(parts.train.map((row) => row.callId)));
  const lineage = lineageOf(trained, { ...options, weighedDownRows: report.rowWeights.weighedDown });
  const terms = termsOfLineage(lineage);
  const judge = (threshold: number | null) =>
    evaluate({
      shape,
      rows: parts.judge,
      predict: ask,
      baselines: createBaselines(parts.train) ?? {},
      threshold,
      delta: options.delta,
    });
  const evaluation = judge(null);
  const certified = evaluation.beatsBaselines
    ? await certify({ student, ask, shape }, parts, {
        ...options,
        planningScores: outOfFold.map(({ score }) => score),
      })
    : null;
  if (certified !== null) await keepStudent(student, parts, { lineage, terms }, options);
  if (certified?.certificate) await store.certificates.append(certified.certificate);
  return {
    rows: {
      train: parts.train.length,
      certify: parts.certify.length,
      judge: parts.judge.length,
      dropped: parts.dropped,
    },
    student,
    training: report,
    curve,
    lineage,
    terms,
    evaluation: certified?.certificate ? judge(certified.certificate.threshold) : evaluation,
    look: certified?.look ?? null,
    choice: certified?.choice ?? null,
    certificate: certified?.certificate ?? null,
  };
}

interface Candidate {
  readonly student: Student;
  readonly ask: Asking;
  readonly shape: LearnableShape;
}

async function certify(
  { student, ask, shape }: Candidate,
  { certify: rows }: Curated,
  {
    store,
    task,
    epsilon,
    delta,
    promise = 'all-calls',
    now,
    planningScores,
  }: TrainTaskOptions & { readonly planningScores: readonly number[] },
): Promise<{ readonly look: number; readonly choice: ThresholdChoice; readonly certificate: Certificate | null }> {
  const version = task.versions.at(-1)?.id ?? '';
  const look = await nextLook(store, task, version);
  const spentDelta = deltaOfLook(delta, look);
  // Of all calls the newest that count; a sequence of tests on the answered ones has no such number.
  const n = rows.length;
  const count = promise === 'all-calls' ? callsThatCount({ n, epsilon, delta: spentDelta }) : n;
  const outcomes = rows.slice(n - count).map(({ slots, label }) => {
    const prediction = ask(slots);
    return { score: prediction.score, different: label === null || !isSameAnswer(shape, prediction.label, label) };
  });
  const plan = planPromise(promise, planningScores, { n: outcomes.length, epsilon, delta: spentDelta });
  const choice = choosePromisedThreshold(outcomes, plan, { epsilon, delta: spentDelta });
  if (!choice.certified) return { look, choice, certificate: null };
  const { threshold, answered, errors, upperBound } = choice;
  const certificate: Certificate = {
    id: `certificate_${student.id.slice(0, 12)}_${look}`,
    task: task.id,
    version,
    student: student.id,
    at: now,
    look,
    promise,
    n: choice.n,
    answered,
    errors,
    threshold,
    upperBound,
    epsilon,
    delta,
    spentDelta,
    ...toleranceOf(shape),
    source: 'shadow',
  };
  return { look, choice, certificate };
}

/** Looks are counted for a version of a task, failed ones too, and before their result is known. */
async function nextLook(store: Store, task: Task, version: string): Promise<number> {
  const key = `looks/${task.id}/${version}`;
  const stored = await store.state.get(key);
  const look = (typeof stored === 'number' ? stored : 0) + 1;
  await store.state.set(key, look);
  return look;
}

async function keepStudent(
  student: Student,
  parts: Curated,
  card: Pick<TrainTaskReport, 'lineage' | 'terms'>,
  { store, task, now, seed, head }: TrainTaskOptions,
): Promise<void> {
  await store.students.put({
    id: student.id,
    task: task.id,
    version: task.versions.at(-1)?.id ?? '',
    createdAt: now,
    details: {
      seed,
      head,
      encoder: student.encoder?.id ?? null,
      trainRows: parts.train.length,
      /** Later calls neither trained the student nor chose its threshold. */
      unseenAfter: Math.max(...[...parts.train, ...parts.certify].map((row) => row.at)),
      ...(card as unknown as JsonObject),
    },
    bytes: student.toBytes(),
    trainedOn: parts.train.map(({ callId }) => callId),
  });
}
