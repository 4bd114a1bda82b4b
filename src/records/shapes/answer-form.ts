import type { JsonStyle } from './json-style.ts';
import type { ObjectHabits } from './written-value.ts';

/** How one value of a template repeats another: as it is, or in another case. */
export type LetterCase = 'same' | 'lower' | 'upper' | 'sentence' | 'title';

/** All that is needed to read an answer of a structured shape, and to write one as the teacher does. */
export type AnswerForm =
  | ({ readonly kind: 'json'; readonly style: JsonStyle } & ObjectHabits)
  /** One call of a tool. `style` writes its arguments. */
  | ({ readonly kind: 'tool-call'; readonly style: JsonStyle } & ObjectHabits)
  | LinesForm
  | SeparatedForm
  | PlainForm
  | TemplateForm;

/** `FIELD: value`, a line each. */
export interface LinesForm {
  readonly kind: 'lines';
  /** Before each name: a dash, stars. */
  readonly prefix: string;
  /** Between name and value. */
  readonly separator: string;
  readonly lineBreak: string;
  /** The whole answer where no field says anything; null where it is never so. */
  readonly empty: string | null;
  readonly before: string;
  readonly after: string;
  readonly keyOrder: 'fixed' | 'text';
}

/** Several labels in running text: `a, b; c`. */
export interface SeparatedForm {
  readonly kind: 'separated';
  readonly separator: string;
  /** The whole answer where there is no label; null where it is never so. */
  readonly empty: string | null;
  readonly before: string;
  readonly after: string;
  /** An item with more words is said beside the point. */
  readonly mostWords: number;
}

/** One value and nothing else: a number, or a text copied from the input. */
export interface PlainForm {
  readonly kind: 'plain';
  readonly before: string;
  readonly after: string;
  /** Marks the thousands of a number; empty where nothing does. */
  readonly grouping: string;
  /** A text with more words is said beside the point. */
  readonly mostWords: number;
}

/** Constant text around values. */
export interface TemplateForm {
  readonly kind: 'template';
  /** One more than there are slots. The first and the last may be empty. */
  readonly constants: readonly string[];
  readonly slots: readonly TemplateSlot[];
}

/** A value of its own (its key in the canonical answer), or one that repeats another in some case. */
export type TemplateSlot =
  | { readonly kind: 'own'; readonly key: string }
  | { readonly kind: 'repeat'; readonly of: string; readonly letterCase: LetterCase };
