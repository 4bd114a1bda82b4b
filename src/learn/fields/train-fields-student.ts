import { RightsizeError } from '../../errors.ts';
import type { Json } from '../../records/call.ts';
import { seededRandom } from '../../records/random.ts';
import { assignFolds } from '../folds.ts';
import type { LabelStudent } from '../label-student.ts';
import type { LogisticModel } from '../logistic.ts';
import type { EncoderNeed, TrainingRow } from '../student-contract.ts';
import type { TaggedSpan, Tagger, Tagging } from '../tagger/tagger-contract.ts';
import { trainTagger } from '../tagger/train-tagger.ts';
import { type TrainedStudent as TrainedLabelStudent, trainStudent } from '../train-student.ts';
import { takeApart } from './answer-tree.ts';
import { chooseGuide } from './choose-guide.ts';
import { composeAnswer } from './compose-answer.ts';
import type { FieldPlan } from './field-plan.ts';
import { fieldsFormatVersion } from './fields-file.ts';
import { type FieldsJudgement, fieldsScore, fitFieldsScore } from './fields-score.ts';
import { buildFieldsStudent, encoderOf, type FieldsStudent, guidedSlots, judge } from './fields-student.ts';
import { inferFields, leafText, type TakenApart } from './infer-fields.ts';
import { markSpans } from './mark-spans.ts';

export interface FieldsTrainingOptions {
  /** The same rows and seed give the same bytes. */
  readonly seed: number;
  /** For the label fields. */
  readonly head?: 'linear' | 'mlp' | 'best';
  /** Whose vectors the rows carry; null where they carry none. */
  readonly encoder?: EncoderNeed | null;
  /** Told the share of the work done, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

export interface FieldsReport {
  readonly head: 'fields';
  /** Share of out-of-fold answers that equal the row's own, as a whole. */
  readonly heldOutAccuracy: number;
  readonly fields: readonly FieldReport[];
  /** Rows that some student could have said: no free text, every copied value found in the input. */
  readonly learnableRows: number;
  readonly bytes: number;
  readonly seconds: Readonly<Record<'plans' | 'labels' | 'tagger' | 'score', number>>;
}

export interface FieldReport {
  /** As people write it: `arguments.artist`. */
  readonly field: string;
  readonly kind: FieldPlan['as']['kind'];
  /** Share of the answers that this kind of field explains. */
  readonly explained: number;
}

export interface TrainedFieldsStudent {
  readonly student: FieldsStudent;
  /** One entry a training row, from heads that did not learn from the row. */
  readonly outOfFold: readonly { readonly label: string; readonly score: number }[];
  readonly report: FieldsReport;
}

interface Row extends TakenApart {
  readonly source: TrainingRow;
  readonly labels: ReadonlyMap<string, string>;
  /** Null where a copied value stands nowhere in the input. */
  readonly spans: readonly TaggedSpan[] | null;
}

/** With fewer rows that could be said, there is nothing to learn. */
const fewestLearnable = 20;
const leastLearnableShare = 0.1;
const scoreFolds = 5;

/**
 * Learns a student of answers with several fields.
 * @throws RightsizeError `too_few_examples` for no rows; `shape_not_learnable` where hardly any answer could be said,
 * with the field that is in the way.
 */
export function trainFieldsStudent(
  sources: readonly TrainingRow[],
  { seed, head = 'linear', encoder = null, onProgress = () => {} }: FieldsTrainingOptions,
): TrainedFieldsStudent {
  if (sources.length === 0) throw new RightsizeError('too_few_examples', 'there are 0 rows to learn from');
  const clock = phaseClock();
  const apart = sources.map((source) => ({
    source,
    slots: source.slots,
    ...takeApart(JSON.parse(source.label) as Json),
  }));
  const plans = inferFields(apart);
  const containers = sharedContainers(apart.map((row) => row.containers));
  const labelPaths = plans.filter(({ as }) => as.kind === 'label').map(({ path }) => path);
  const rows = apart.map(
    (row): Row => ({
      ...row,
      labels: new Map(labelPaths.map((path) => [path, leafText(row.leaves.get(path))])),
      spans: markSpans(plans, row.leaves, row.slots),
    }),
  );
  const learnableRows = countLearnable(rows, plans, containers);
  refuseUnlearnable(learnableRows, rows.length, plans);
  clock.end('plans');
  onProgress(0.05);
  const labelHeads = labelPaths.map((path, at) => {
    const trained = trainLabelHead(path, rows, { seed, head, encoder });
    onProgress(0.05 + (0.5 * (at + 1)) / labelPaths.length);
    return { path, ...trained };
  });
  clock.end('labels');
  const guide = chooseGuide(
    labelPaths,
    rows.flatMap(({ labels, spans }) => (spans ? [{ labels, tags: new Set(spans.map(({ tag }) => tag)) }] : [])),
  );
  const tagged = trainTaggerHead(rows, guide, seed);
  clock.end('tagger');
  onProgress(0.95);
  const heldOut = rows.map((row, at) => {
    const guesses = labelHeads.map((trained) => ({ path: trained.path, ...trained.outOfFold(at) }));
    const labels = new Map(guesses.map(({ path, label }) => [path, label]));
    const tagging = tagged?.outOfFold(at) ?? null;
    const says = { labels, spans: tagging?.spans ?? [] };
    const { answer, isDoubtful } = composeAnswer(plans, containers, says, row.slots);
    return {
      label: answer,
      judgement: judge(
        guesses.map(({ score }) => score),
        tagging,
        isDoubtful,
      ),
    };
  });
  const agrees = heldOut.map(({ label }, at) => label === sources[at]?.label);
  const judgements = heldOut.map(({ judgement }) => judgement);
  const student = buildFieldsStudent({
    manifest: {
      format: 'rightsize-fields-student',
      version: fieldsFormatVersion,
      plans,
      containers,
      guide: tagged === null ? null : guide,
      score: fitFieldsScore(judgements, agrees),
      encoder: encoderOf(labelHeads.map((trained) => trained.student)),
      trained: { rows: rows.length, learnable: learnableRows, seed },
      heads: [
        ...labelHeads.map(({ path, bytes }) => ({ path, bytes: bytes.length })),
        ...(tagged === null ? [] : [{ path: null, bytes: tagged.bytes.length }]),
      ],
    },
    heads: [...labelHeads.map(({ bytes }) => bytes), ...(tagged === null ? [] : [tagged.bytes])],
  });
  const scores = crossFittedScores(judgements, agrees, seed);
  clock.end('score');
  onProgress(1);
  return {
    student,
    outOfFold: heldOut.map(({ label }, at) => ({ label, score: scores[at] as number })),
    report: {
      head: 'fields',
      heldOutAccuracy: agrees.filter(Boolean).length / rows.length,
      fields: plans.map(reportField),
      learnableRows,
      bytes: student.toBytes().length,
      seconds: clock.seconds,
    },
  };
}

/** Objects that stand in every answer. */
function sharedContainers(all: readonly (readonly string[])[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const containers of all) for (const path of containers) counts.set(path, (counts.get(path) ?? 0) + 1);
  return [...counts].filter(([, count]) => count === all.length).map(([path]) => path);
}

/** Rows whose own answer comes out when every head says the right thing. */
function countLearnable(rows: readonly Row[], plans: readonly FieldPlan[], containers: readonly string[]): number {
  return rows.filter(({ labels, spans, slots, source }) => {
    if (spans === null) return false;
    return composeAnswer(plans, containers, { labels, spans }, slots).answer === source.label;
  }).length;
}

function refuseUnlearnable(learnable: number, rows: number, plans: readonly FieldPlan[]): void {
  if (learnable >= Math.min(rows, Math.max(fewestLearnable, rows * leastLearnableShare))) return;
  const worst = plans.reduce<FieldPlan | null>((a, b) => (a === null || b.explained < a.explained ? b : a), null);
  throw new RightsizeError(
    'shape_not_learnable',
    `${learnable} of ${rows} answers could be said by a student${worst === null ? '' : `: field \`${fieldName(worst.path)}\` is ${worst.as.kind === 'free' ? 'free text' : 'not in the input'} in ${Math.round(100 * (1 - worst.explained))} % of them`}.`,
  );
}

interface LabelHead {
  readonly student: LabelStudent;
  readonly bytes: Uint8Array;
  outOfFold(row: number): { readonly label: string; readonly score: number };
}

/** A value seen once among many rows is an accident, and its row teaches this head nothing. */
const manyRows = 50;

function trainLabelHead(
  path: string,
  rows: readonly Row[],
  options: Required<Pick<FieldsTrainingOptions, 'seed' | 'head' | 'encoder'>>,
): LabelHead {
  const counts = new Map<string, number>();
  for (const { labels } of rows) counts.set(labels.get(path) ?? '', (counts.get(labels.get(path) ?? '') ?? 0) + 1);
  const taught = rows.flatMap((row, at) => {
    const label = row.labels.get(path) ?? '';
    return rows.length >= manyRows && counts.get(label) === 1 ? [] : [{ at, row: { ...row.source, label } }];
  });
  const trained: TrainedLabelStudent = trainStudent(
    taught.map(({ row }) => row),
    options,
  );
  const placeOf = new Map(taught.map(({ at }, place) => [at, place]));
  return {
    student: trained.student,
    bytes: trained.student.toBytes(),
    outOfFold(at) {
      const guess = trained.outOfFold[placeOf.get(at) ?? -1];
      const { slots, source } = rows[at] as Row;
      return guess ?? trained.student.predict(slots, source.vector);
    },
  };
}

interface TaggerHead {
  readonly bytes: Uint8Array;
  outOfFold(row: number): Tagging;
}

/** Null where nothing is copied in any answer. */
function trainTaggerHead(rows: readonly Row[], guide: string | null, seed: number): TaggerHead | null {
  const taught = rows.flatMap(({ slots, labels, spans, source }, at) =>
    spans === null
      ? []
      : [{ at, row: { slots: guidedSlots(slots, guide, labels), spans, weight: source.weight ?? 1 } }],
  );
  if (!taught.some(({ row }) => row.spans.length > 0)) return null;
  const trained: { readonly tagger: Tagger; readonly outOfFold: readonly Tagging[] } = trainTagger(
    taught.map(({ row }) => row),
    { seed },
  );
  const placeOf = new Map(taught.map(({ at }, place) => [at, place]));
  return {
    bytes: trained.tagger.toBytes(),
    outOfFold(at) {
      const guess = trained.outOfFold[placeOf.get(at) ?? -1];
      const { slots, labels } = rows[at] as Row;
      return guess ?? trained.tagger.tag(guidedSlots(slots, guide, labels));
    },
  };
}

/** Each row's score from a model that was fitted without the row's part. */
function crossFittedScores(
  judgements: readonly FieldsJudgement[],
  agrees: readonly boolean[],
  seed: number,
): Float64Array {
  const partOf = assignFolds(Int32Array.from(agrees, Number), scoreFolds, seededRandom(seed));
  const scores = new Float64Array(judgements.length);
  for (let part = 0; part < scoreFolds; part++) {
    const isOther = (_: unknown, row: number): boolean => partOf[row] !== part;
    const model: LogisticModel = fitFieldsScore(judgements.filter(isOther), agrees.filter(isOther));
    judgements.forEach((judgement, row) => {
      if (partOf[row] === part) scores[row] = fieldsScore(model, judgement);
    });
  }
  return scores;
}

function reportField({ path, as, explained }: FieldPlan): FieldReport {
  return { field: fieldName(path), kind: as.kind, explained };
}

/** A path as people write it. */
export function fieldName(path: string): string {
  return path === '' ? 'answer' : path.slice(1).replaceAll('/', '.');
}

function phaseClock() {
  const seconds = { plans: 0, labels: 0, tagger: 0, score: 0 };
  let last = performance.now();
  return {
    seconds,
    end(phase: keyof typeof seconds): void {
      const now = performance.now();
      seconds[phase] += (now - last) / 1000;
      last = now;
    },
  };
}
