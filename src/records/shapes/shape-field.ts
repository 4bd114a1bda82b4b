import type { Json } from '../call.ts';

/** One value of a closed set. */
export interface FieldLabel {
  /** Canonical: texts folded as labels are. */
  readonly value: Json;
  /** As the teacher most often writes it. */
  readonly written: Json;
  readonly count: number;
}

/** In which order a teacher lists the items of one answer. `precedence`: a fixed one, of the labels or of the types, learned from the answers. */
export type ItemOrder =
  | { readonly kind: 'text' }
  | { readonly kind: 'alphabetical' }
  | { readonly kind: 'precedence'; readonly first: readonly string[] };

/** What the values of a field are, told from the answers seen. */
export type FieldValue =
  | { readonly kind: 'constant'; readonly value: Json }
  /** One of a closed set: texts, truths, numbers. `isExact`: texts are compared as they are (names of tools). */
  | {
      readonly kind: 'label';
      readonly labels: readonly FieldLabel[];
      /** Good–Turing estimate of the share of answers whose value has not been seen yet. */
      readonly unseenShare: number;
      readonly isExact?: true;
    }
  /** A list of values of a closed set, in no order that matters. */
  | {
      readonly kind: 'labels';
      readonly labels: readonly FieldLabel[];
      readonly unseenShare: number;
      readonly order: ItemOrder;
    }
  /** A number of no closed set. `type`: how it is written in JSON. `decimals`: how many it always has; null where that varies. */
  | { readonly kind: 'number'; readonly type: 'number' | 'string'; readonly decimals: number | null }
  /**
   * Copied from the input, exactly or through a normaliser. `copied`: share of its values that are. `labels`: the values, where they
   * form a closed set as well.
   */
  | {
      readonly kind: 'span';
      readonly type: 'number' | 'string';
      readonly copied: number;
      readonly labels: readonly FieldLabel[] | null;
      readonly decimals?: number;
      /** Some values are several copied texts, in the order of the input, with this between them. */
      readonly joiner?: string;
      /** The normaliser that makes most of its values, by name; absent where they are copied letter by letter. */
      readonly through?: string;
    }
  /** A list of texts copied from the input. */
  | { readonly kind: 'spans'; readonly copied: number; readonly order: ItemOrder }
  /** A list of objects: a text copied from the input and its type, one of a closed set. */
  | {
      readonly kind: 'typed-spans';
      /** The teacher's names for the two, in the order it writes them. */
      readonly keys: readonly ['text' | 'type', 'text' | 'type'];
      readonly textKey: string;
      readonly typeKey: string;
      readonly types: readonly FieldLabel[];
      readonly copied: number;
      readonly order: ItemOrder;
    }
  /** What no student says: running text, lists of objects, changing types. Answers that have it go to the teacher. */
  | { readonly kind: 'free'; readonly what: 'text' | 'list' | 'object' | 'mixed' };

/** How a field is written that has nothing to say. A text is a word for it (`N/A`). */
export type Nothing = 'null' | 'left-out' | { readonly text: string };

/** One value in every answer of a task. */
export interface ShapeField {
  /** Keys from the root of the canonical answer; empty where the answer is the value itself. */
  readonly path: readonly string[];
  readonly value: FieldValue;
  readonly nothing: Nothing;
  /** Share of the answers in which the field says something. */
  readonly presence: number;
}
