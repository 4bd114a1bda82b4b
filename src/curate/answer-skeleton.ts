import { type Leaf, takeApart } from '../learn/fields/answer-tree.ts';
import { type FieldPlan, missingOf } from '../learn/fields/field-plan.ts';
import { inferFields, leafText } from '../learn/fields/infer-fields.ts';
import type { Json } from '../records/call.ts';

/** Answers of several fields without what is copied: a closed set that a classifier could learn. */
export interface Skeletons {
  readonly fields: readonly FieldPlan[];
  /** One a row: the values of its closed fields, and which of the others say anything. */
  readonly skeletons: readonly string[];
  /** Share of the rows in which every field but the closed ones can be copied from the input. */
  readonly copyable: number;
  /** Copied fields that say something, in the mean of the rows. */
  readonly copies: number;
}

const copiedKinds: ReadonlySet<FieldPlan['as']['kind']> = new Set(['span', 'spans', 'typed-spans', 'free']);

/** `answers` are canonical JSON, one an input. */
export function skeletonsOf(inputs: readonly (readonly string[])[], answers: readonly string[]): Skeletons {
  const rows = answers.map((answer, row) => ({
    slots: inputs[row] as readonly string[],
    leaves: takeApart(JSON.parse(answer) as Json).leaves,
  }));
  const fields = inferFields(rows);
  const copied = fields.filter(({ as }) => copiedKinds.has(as.kind));
  const says = (leaves: ReadonlyMap<string, Leaf>, path: string): boolean => missingOf(leaves.get(path)) === null;
  const isCopied = new Set(copied.map(({ path }) => path));
  const saying = copied.map(({ path }) => rows.filter(({ leaves }) => says(leaves, path)).length / rows.length);
  return {
    fields,
    skeletons: rows.map(({ leaves }) =>
      fields
        .map(({ path }) => (isCopied.has(path) ? String(says(leaves, path)) : leafText(leaves.get(path))))
        .join('\n'),
    ),
    copyable: copied.reduce((share, { explained, as }, i) => {
      // A free field counts as explained where it says nothing.
      const unexplained = as.kind === 'free' ? 1 - explained : (saying[i] as number) * (1 - explained);
      return share * (1 - unexplained);
    }, 1),
    copies: saying.reduce((sum, share) => sum + share, 0),
  };
}
