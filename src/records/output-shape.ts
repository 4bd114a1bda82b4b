import type { LabelForm } from './label-form.ts';
import type { AnswerForm } from './shapes/answer-form.ts';
import type { ShapeField } from './shapes/shape-field.ts';

export { countLabelWords, foldLabel, type LabelForm, labelOf } from './label-form.ts';

/** One answer of a closed set, with the spelling the application is used to. */
export interface LabelSpelling {
  /** Canonical: what near-labels (`Positive.`, ` positive`) share. */
  readonly label: string;
  /** The whole answer, byte for byte, as the teacher most often writes it. */
  readonly answer: string;
  readonly count: number;
}

export interface LabelShape {
  readonly kind: 'label';
  readonly form: LabelForm;
  readonly labels: readonly LabelSpelling[];
  /** Good–Turing estimate of the share of calls whose label has not been seen yet. */
  readonly unseenShare: number;
}

/**
 * Answers of one or more fields. `labels`: several values of a closed set; `number`: one number; `object`: JSON; `lines`:
 * `FIELD: value`; `spans`: a JSON list of texts copied from the input, typed or not; `span`: one of them, plain; `tool-call`: one
 * call; `templated-text`: constant text around values.
 */
export interface StructuredShape {
  readonly kind: StructuredKind;
  /** How the answers are read and written. */
  readonly form: AnswerForm;
  /** What stands in them, in the order it is written. */
  readonly fields: readonly ShapeField[];
  /** What the user should know of it: a schema that the answers break, free text in some of them. */
  readonly notes: readonly string[];
  /** How far a number may be off and still count as the same. Set by the user; absent: not at all. */
  readonly tolerance?: number;
}

export type StructuredKind = (typeof structuredKinds)[number];

const structuredKinds = [
  'labels',
  'number',
  'object',
  'lines',
  'spans',
  'span',
  'tool-call',
  'templated-text',
] as const;

/** Answers that no student gives, with the reason. Some are of a kind that others of it can be learned of. */
export interface UnlearnableShape {
  readonly kind: StructuredKind | 'constant' | 'free-text' | 'too-few-answers';
  readonly why: string;
}

export type LearnableShape = LabelShape | StructuredShape;

/** What the teacher's answers of a task look like. */
export type OutputShape = LearnableShape | UnlearnableShape;

export function isLearnable(shape: OutputShape): shape is LearnableShape {
  return !('why' in shape);
}

export function isLabelShape(shape: OutputShape): shape is LabelShape {
  return shape.kind === 'label';
}

/** Why no student is trained on answers of this shape; null where one can be. */
export function whyNotLearnable(shape: OutputShape): string | null {
  return 'why' in shape ? shape.why : null;
}

/** The spelling of a label, or null where the shape does not know it. */
export function spellingOf(shape: LabelShape, label: string): string | null {
  return shape.labels.find((known) => known.label === label)?.answer ?? null;
}
