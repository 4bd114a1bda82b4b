import { isSameAnswer } from '../records/canonical-answer.ts';
import type { Example } from '../records/example.ts';
import type { LearnableShape } from '../records/output-shape.ts';
import { type CurvePoint, drawCurve } from './coverage-curve.ts';
import { type ErrorGroups, groupErrors } from './error-groups.ts';
import { type Confusion, findConfusions, type LabelMeasures, measureLabels } from './label-measures.ts';
import { type MeasuredShare, measureShare } from './measured-share.ts';
import type { Predict, Prediction } from './prediction.ts';

/** A row and what the student said to it. */
export interface AnsweredRow {
  readonly example: Example;
  readonly prediction: Prediction;
}

export interface EvaluationQuestion {
  /** Of the answers: what is the same, and whether there are labels to tell apart. */
  readonly shape: LearnableShape;
  /** Rows that neither trained nor chose the student. */
  readonly rows: readonly Example[];
  readonly predict: Predict;
  readonly baselines: Readonly<Record<string, Predict>>;
  /** The certified threshold; null where none is. */
  readonly threshold: number | null;
  /** One minus the confidence of every interval; 0.05 unless told. */
  readonly delta?: number;
}

/** How one answerer did on the rows. Both are null where there was nothing to measure on. */
export interface Measures {
  /** With the teacher, over all rows; a row whose answer has no label agrees with nothing. */
  readonly agreement: MeasuredShare | null;
  /** Against gold, over the rows that have it. */
  readonly accuracy: MeasuredShare | null;
}

/** Student, teacher and baselines on the same unseen rows. */
export interface Evaluation {
  readonly rows: number;
  readonly goldRows: number;
  readonly student: Measures;
  /** The teacher agrees with itself by definition. */
  readonly teacher: Pick<Measures, 'accuracy'>;
  readonly baselines: readonly (Measures & { readonly name: string })[];
  /**
   * Whether the student agrees with the teacher on more rows than every baseline; one that does not is not offered.
   * Against the nearest neighbour a tie is enough: that one costs more a call and cannot say how sure it is.
   */
  readonly beatsBaselines: boolean;
  /** At the threshold; null without one. */
  readonly served: ServedMeasures | null;
  /** Mean F1 over the labels that the teacher gave; null without any, and where the answers are no labels. */
  readonly macroF1: number | null;
  readonly labels: readonly LabelMeasures[];
  readonly confusions: readonly Confusion[];
  readonly curve: readonly CurvePoint[];
  readonly errorGroups: ErrorGroups | null;
}

export interface ServedMeasures {
  readonly threshold: number;
  /** Share of the rows that the student would answer. */
  readonly answered: MeasuredShare | null;
  /** Among them, the share in which it says what the teacher said. */
  readonly agreement: MeasuredShare | null;
  /** Share of all rows that would be answered otherwise than the teacher did. */
  readonly different: MeasuredShare | null;
  /** Against gold, of what the application would have got: the student's answer at or above the threshold, else the teacher's. */
  readonly accuracy: MeasuredShare | null;
}

/** Asks student and baselines every row once and measures what they say. Pure; linear in the rows. */
export function evaluate(question: EvaluationQuestion): Evaluation {
  const { shape, rows, predict, baselines, threshold, delta = 0.05 } = question;
  const answered = ask(shape, rows, predict);
  const verified = rows.filter((row) => row.gold !== null);
  const student = measure(answered, delta);
  const compared = Object.entries(baselines).map(([name, baseline]) => ({
    name,
    ...measure(ask(shape, rows, baseline), delta),
  }));
  // Whole answers of several fields are no labels to tell apart.
  const labels = shape.kind === 'label' ? measureLabels(answered) : [];
  return {
    rows: rows.length,
    goldRows: verified.length,
    student,
    teacher: { accuracy: measureShare(count(verified, isTeacherRight), verified.length, delta) },
    baselines: compared,
    beatsBaselines: compared.every(
      (baseline) =>
        agreeing(student) > agreeing(baseline) ||
        (baseline.name === 'nearest' && agreeing(student) > 0 && agreeing(student) === agreeing(baseline)),
    ),
    served: threshold === null ? null : measureServed(answered, threshold, delta),
    macroF1: meanF1(labels),
    labels,
    confusions: shape.kind === 'label' ? findConfusions(answered) : [],
    curve: drawCurve(answered),
    errorGroups: groupErrors(answered),
  };
}

/** What somebody says to every row. An answer within the user's tolerance counts as the teacher's own. */
function ask(shape: LearnableShape, rows: readonly Example[], predict: Predict): readonly AnsweredRow[] {
  return rows.map((example) => {
    const prediction = predict(example.slots);
    const isSame = example.label !== null && isSameAnswer(shape, prediction.label, example.label);
    return { example, prediction: isSame ? { ...prediction, label: example.label } : prediction };
  });
}

function measure(rows: readonly AnsweredRow[], delta: number): Measures {
  const verified = rows.filter(({ example }) => example.gold !== null);
  return {
    agreement: measureShare(count(rows, isAgreeing), rows.length, delta),
    accuracy: measureShare(
      count(verified, ({ example, prediction }) => example.gold === prediction.label),
      verified.length,
      delta,
    ),
  };
}

function measureServed(rows: readonly AnsweredRow[], threshold: number, delta: number): ServedMeasures {
  const isAnswered = ({ prediction }: AnsweredRow) => prediction.score >= threshold;
  const answered = rows.filter(isAnswered);
  const agreed = count(answered, isAgreeing);
  const verified = rows.filter(({ example }) => example.gold !== null);
  const isGivenRight = (row: AnsweredRow) =>
    (isAnswered(row) ? row.prediction.label : row.example.label) === row.example.gold;
  return {
    threshold,
    answered: measureShare(answered.length, rows.length, delta),
    agreement: measureShare(agreed, answered.length, delta),
    different: measureShare(answered.length - agreed, rows.length, delta),
    accuracy: measureShare(count(verified, isGivenRight), verified.length, delta),
  };
}

function isAgreeing({ example, prediction }: AnsweredRow): boolean {
  return example.label === prediction.label;
}

function isTeacherRight({ label, gold }: Example): boolean {
  return label === gold;
}

function agreeing({ agreement }: Measures): number {
  return agreement?.count ?? 0;
}

function meanF1(labels: readonly LabelMeasures[]): number | null {
  const wanted = labels.filter((label) => label.rows > 0);
  return wanted.length === 0 ? null : wanted.reduce((sum, { f1 }) => sum + (f1 ?? 0), 0) / wanted.length;
}

function count<Item>(items: readonly Item[], claim: (item: Item) => boolean): number {
  return items.reduce((sum, item) => sum + (claim(item) ? 1 : 0), 0);
}
