import { RightsizeError } from '../../errors.ts';
import type { Json } from '../../records/call.ts';
import { seededRandom } from '../../records/random.ts';
import { canonicalJson } from '../../records/shapes/canonical-json.ts';
import { assignFolds } from '../folds.ts';
import type { TrainingRow } from '../student-contract.ts';
import type { Tagging } from '../tagger/tagger-contract.ts';
import type { RowWeightsReport } from '../train-student.ts';
import { type Leaf, putTogether, takeApart } from './answer-tree.ts';
import { chooseGuide } from './choose-guide.ts';
import { composeAnswer } from './compose-answer.ts';
import type { FieldPlan } from './field-plan.ts';
import { fieldsFormatVersion } from './fields-file.ts';
import { type FieldsJudgement, fieldsScore, fitFieldsScore } from './fields-score.ts';
import { buildFieldsStudent, type FieldsStudent, judge } from './fields-student.ts';
import { inferFields, leafText } from './infer-fields.ts';
import { markSpans } from './mark-spans.ts';
import { binNumbers } from './number-bins.ts';
import {
  type HeadOptions,
  type HeadRow,
  type SetGuess,
  type TrainedHead,
  type TrainedLabelHead,
  trainLabelHead,
  trainSetHead,
  trainTaggerHead,
} from './train-heads.ts';

export interface FieldsTrainingOptions extends Partial<Omit<HeadOptions, 'seed'>> {
  /** The same rows and seed give the same bytes. */
  readonly seed: number;
  /** How far a number may be off and still count as the teacher's; 0 by default. */
  readonly tolerance?: number;
  /** Told the share of the work done, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

export interface FieldsReport {
  readonly head: 'fields';
  /** Share of out-of-fold answers that equal the row's own, as a whole. */
  readonly heldOutAccuracy: number;
  readonly fields: readonly FieldReport[];
  /** Rows of which some label is likely wrong, and those that count less in its head. */
  readonly rowWeights: RowWeightsReport;
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

const scoreFolds = 5;

/**
 * Learns a student of answers with several fields.
 * @throws RightsizeError `too_few_examples` for no rows; `shape_not_learnable` where hardly any answer could be said,
 * with the field that is in the way.
 */
export function trainFieldsStudent(
  sources: readonly TrainingRow[],
  { seed, head = 'linear', encoder = null, tolerance = 0, onProgress = () => {} }: FieldsTrainingOptions,
): TrainedFieldsStudent {
  if (sources.length === 0) throw new RightsizeError('too_few_examples', 'there are 0 rows to learn from');
  const clock = phaseClock();
  const lesson = readLesson(sources, tolerance);
  clock.end('plans');
  onProgress(0.05);
  const heads = trainHeads(lesson, { seed, head, encoder }, { onProgress, clock });
  const heldOut = lesson.rows.map((row, at) => sayOutOfFold(lesson, heads, row, at));
  const judgements = heldOut.map(({ judgement }) => judgement);
  const agrees = heldOut.map(({ label }, at) => label === lesson.wanted[at]);
  const files = [...heads.labels, ...heads.sets, ...(heads.tagger === null ? [] : [heads.tagger])];
  const student = buildFieldsStudent({
    manifest: {
      format: 'rightsize-fields-student',
      version: fieldsFormatVersion,
      plans: lesson.plans,
      containers: lesson.containers,
      guide: heads.guide,
      score: fitFieldsScore(judgements, agrees),
      encoder: files.find((file) => file.encoder !== null)?.encoder ?? null,
      trained: { rows: sources.length, learnable: lesson.learnable, seed },
      heads: files.map(({ as }) => as),
    },
    heads: files.map(({ bytes }) => bytes),
  });
  const scores = crossFittedScores(judgements, agrees, seed);
  clock.end('score');
  onProgress(1);
  return {
    student,
    outOfFold: heldOut.map(({ label }, at) => ({ label, score: scores[at] as number })),
    report: {
      head: 'fields',
      heldOutAccuracy: agrees.filter(Boolean).length / sources.length,
      fields: lesson.plans.map(reportField),
      rowWeights: {
        likelyErrors: new Set(heads.labels.flatMap(({ likelyErrors }) => likelyErrors)).size,
        weighedDown: new Set(heads.labels.flatMap(({ weighedDown }) => weighedDown)).size,
      },
      learnableRows: lesson.learnable,
      bytes: student.toBytes().length,
      seconds: clock.seconds,
    },
  };
}

/** The rows as the heads learn from them, and how their answers are put together. */
interface Lesson {
  readonly plans: readonly FieldPlan[];
  readonly containers: readonly string[];
  readonly rows: readonly HeadRow[];
  /** The canonical answer of each row; where numbers may be off, that of its groups' middles. */
  readonly wanted: readonly string[];
  /** Rows whose own answer comes out when every head says the right thing. */
  readonly learnable: number;
}

function readLesson(sources: readonly TrainingRow[], tolerance: number): Lesson {
  const read = sources.map((source) => ({
    source,
    slots: source.slots,
    ...takeApart(JSON.parse(source.label) as Json),
  }));
  const exact = inferFields(read);
  const { rows: apart, plans } = tolerance > 0 ? binNumbers(read, exact, tolerance) : { rows: read, plans: exact };
  const containers = sharedContainers(apart.map((row) => row.containers));
  const rows = apart.map(
    ({ source, slots, leaves }): HeadRow => ({
      source,
      slots,
      labels: new Map(pathsOf(plans, 'label').map((path) => [path, leafText(leaves.get(path))])),
      sets: new Map(pathsOf(plans, 'labels').map((path) => [path, itemsOf(leaves.get(path))])),
      spans: markSpans(plans, leaves, slots),
    }),
  );
  const wanted = apart.map(({ leaves, containers: own }) => canonicalJson(putTogether({ leaves, containers: own })));
  const learnable = rows.filter(({ slots, labels, sets, spans }, at) => {
    if (spans === null) return false;
    return composeAnswer(plans, containers, { labels, sets, spans }, slots).answer === wanted[at];
  }).length;
  refuseUnlearnable(learnable, rows.length, plans);
  return { plans, containers, rows, wanted, learnable };
}

function pathsOf(plans: readonly FieldPlan[], kind: FieldPlan['as']['kind']): readonly string[] {
  return plans.filter(({ as }) => as.kind === kind).map(({ path }) => path);
}

function itemsOf(leaf: Leaf | undefined): readonly string[] {
  return Array.isArray(leaf) ? leaf.map((item: Json) => canonicalJson(item)) : [];
}

/** Objects that stand in every answer. */
function sharedContainers(all: readonly (readonly string[])[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const containers of all) for (const path of containers) counts.set(path, (counts.get(path) ?? 0) + 1);
  return [...counts].filter(([, count]) => count === all.length).map(([path]) => path);
}

/** With fewer rows that could be said, there is nothing to learn. */
const fewestLearnable = 20;
const leastLearnableShare = 0.1;

function refuseUnlearnable(learnable: number, rows: number, plans: readonly FieldPlan[]): void {
  if (learnable >= Math.min(rows, Math.max(fewestLearnable, rows * leastLearnableShare))) return;
  const worst = plans.reduce<FieldPlan | null>((a, b) => (a === null || b.explained < a.explained ? b : a), null);
  const why =
    worst === null
      ? ''
      : `: field \`${fieldName(worst.path)}\` is ${worst.as.kind === 'free' ? 'free text' : 'not in the input'} in ${Math.round(100 * (1 - worst.explained))} % of them`;
  throw new RightsizeError('shape_not_learnable', `${learnable} of ${rows} answers could be said by a student${why}.`);
}

interface TrainedHeads {
  readonly labels: readonly (TrainedLabelHead & { readonly path: string })[];
  readonly sets: readonly (TrainedHead<SetGuess> & { readonly path: string })[];
  readonly tagger: TrainedHead<Tagging> | null;
  readonly guide: string | null;
}

function trainHeads(
  { plans, rows }: Lesson,
  options: HeadOptions,
  { onProgress, clock }: { readonly onProgress: (share: number) => void; readonly clock: PhaseClock },
): TrainedHeads {
  const labelPaths = pathsOf(plans, 'label');
  const labels = labelPaths.map((path, at) => {
    onProgress(0.05 + (0.4 * at) / labelPaths.length);
    return { path, ...trainLabelHead(path, rows, options) };
  });
  const sets = pathsOf(plans, 'labels').map((path) => ({ path, ...trainSetHead(path, rows, options) }));
  clock.end('labels');
  onProgress(0.45);
  const told = rows.flatMap(({ labels: given, spans }) =>
    spans === null ? [] : [{ labels: given, tags: new Set(spans.map(({ tag }) => tag)) }],
  );
  const guide = chooseGuide(labelPaths, told);
  const tagger = trainTaggerHead(rows, guide, options);
  clock.end('tagger');
  onProgress(0.95);
  return { labels, sets, tagger, guide: tagger === null ? null : guide };
}

/** What the heads say to a row that none of them learned from. */
function sayOutOfFold(
  { plans, containers }: Lesson,
  heads: TrainedHeads,
  { slots }: HeadRow,
  at: number,
): { readonly label: string; readonly judgement: FieldsJudgement } {
  const labels = heads.labels.map((head) => ({ path: head.path, ...head.outOfFold(at) }));
  const sets = heads.sets.map((head) => ({ path: head.path, ...head.outOfFold(at) }));
  const tagging = heads.tagger?.outOfFold(at) ?? null;
  const says = {
    labels: new Map(labels.map(({ path, label }) => [path, label])),
    sets: new Map(sets.map(({ path, labels: members }) => [path, members])),
    spans: tagging?.spans ?? [],
  };
  const { answer, isDoubtful } = composeAnswer(plans, containers, says, slots);
  const judgement = judge({
    probabilities: [...labels.map(({ score }) => score), ...sets.map(({ probability }) => probability)],
    margins: sets.map(({ margin }) => margin),
    unseenShares: [],
    tagging,
    isDoubtful,
  });
  return { label: answer, judgement };
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
    const model = fitFieldsScore(judgements.filter(isOther), agrees.filter(isOther));
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

type PhaseClock = ReturnType<typeof phaseClock>;

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
