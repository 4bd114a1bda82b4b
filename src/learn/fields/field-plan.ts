import type { Normaliser } from '../normalise/normaliser.ts';
import type { Leaf } from './answer-tree.ts';

/** What a field holds where it says nothing. */
export type Missing = 'absent' | 'null' | 'empty-text' | 'empty-list';

/** How one field of an answer is learned. */
export type FieldKind =
  /** The same in every answer. Null stands for a field that is never there. */
  | { readonly kind: 'constant'; readonly leaf: Leaf | null; readonly isThere: boolean }
  /** A closed set of values, whole lists and "not there" among them. */
  | { readonly kind: 'label' }
  /** A list of values of a closed set, any number of them in each answer. */
  | { readonly kind: 'labels'; readonly missing: Missing; readonly isSorted: boolean }
  /** Copied from the input; several copies joined by a separator where one was seen. */
  | {
      readonly kind: 'span';
      readonly normaliser: Normaliser;
      readonly separator: string | null;
      readonly missing: Missing;
    }
  /** A list of copies. */
  | { readonly kind: 'spans'; readonly normaliser: Normaliser; readonly missing: Missing; readonly isSorted: boolean }
  /** A list of `{ text, type }` (by whatever names), the text copied, the type of a closed set. */
  | {
      readonly kind: 'typed-spans';
      readonly textKey: string;
      readonly typeKey: string;
      readonly missing: Missing;
      readonly isSorted: boolean;
    }
  /** No student can say it: only answers without it can be learned. */
  | { readonly kind: 'free'; readonly missing: Missing };

export interface FieldPlan {
  /** As in {@link AnswerLeaves}. */
  readonly path: string;
  /** Share of the training answers in which this kind says what the teacher said. */
  readonly explained: number;
  readonly as: FieldKind;
}

export function missingLeaf(missing: Missing): Leaf | undefined {
  return { absent: undefined, null: null, 'empty-text': '', 'empty-list': [] as const }[missing];
}

/** What a leaf that says nothing is; null where it says something. */
export function missingOf(leaf: Leaf | undefined): Missing | null {
  if (leaf === undefined) return 'absent';
  if (leaf === null) return 'null';
  if (leaf === '') return 'empty-text';
  return Array.isArray(leaf) && leaf.length === 0 ? 'empty-list' : null;
}
