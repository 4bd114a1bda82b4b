import type { Leaf } from './answer-tree.ts';
import type { FieldPlan } from './field-plan.ts';
import { inferField, type TakenApart } from './infer-fields.ts';

/** Numbers of one field that are close enough to count as the same, in groups of equal width, each group by its middle. */
export interface NumberBins {
  /** Where the first group begins. */
  readonly from: number;
  readonly width: number;
  /** From the beginning of a group to its middle. */
  readonly toMiddle: number;
}

/** Null where the tolerance is smaller than any distance of two numbers, so that every number stands for itself. */
export function binsOf(numbers: readonly number[], tolerance: number): NumberBins | null {
  const distinct = [...new Set(numbers)].sort((a, b) => a - b);
  const lowest = distinct[0] ?? 0;
  const step = Math.min(...distinct.slice(1).map((number, at) => number - (distinct[at] as number)));
  const reach = Math.floor(tolerance / step + 1e-9);
  if (distinct.length < 2 || reach < 1) return null;
  const isOnGrid = distinct.every((number) => isWhole((number - lowest) / step));
  // On a grid, a group may hold one number more than lies within twice the tolerance.
  return isOnGrid
    ? { from: lowest - step / 2, width: (2 * reach + 1) * step, toMiddle: (reach + 0.5) * step }
    : { from: lowest, width: 2 * tolerance, toMiddle: tolerance };
}

/** The middle of a number's group: never farther from it than the tolerance. */
export function middleOf({ from, width, toMiddle }: NumberBins, number: number): number {
  const middle = from + Math.floor((number - from) / width) * width + toMiddle;
  // Decimal fractions: 0.1 + 0.2 is no number that a teacher writes.
  return Number(middle.toPrecision(12));
}

function isWhole(steps: number): boolean {
  return Math.abs(steps - Math.round(steps)) < 1e-6;
}

/**
 * Rows whose numbers stand for all that is close enough, in the fields that are not copied from the input; the rest as it
 * is. A student then answers with the middle of a group, and the teacher's number lies within the tolerance of it.
 */
export function binNumbers<Row extends TakenApart>(
  rows: readonly Row[],
  plans: readonly FieldPlan[],
  tolerance: number,
): { readonly rows: readonly Row[]; readonly plans: readonly FieldPlan[] } {
  const bins = new Map<string, NumberBins>();
  for (const { path, as } of plans) {
    if (as.kind !== 'label' && as.kind !== 'free') continue;
    const leaves = rows.map((row) => row.leaves.get(path)).filter((leaf) => leaf !== undefined);
    const found = leaves.every((leaf) => typeof leaf === 'number') ? binsOf(leaves, tolerance) : null;
    if (found !== null) bins.set(path, found);
  }
  if (bins.size === 0) return { rows, plans };
  const binned = rows.map((row) => ({ ...row, leaves: withMiddles(row.leaves, bins) }));
  return { rows: binned, plans: plans.map((plan) => (bins.has(plan.path) ? inferField(plan.path, binned) : plan)) };
}

function withMiddles(
  leaves: ReadonlyMap<string, Leaf>,
  bins: ReadonlyMap<string, NumberBins>,
): ReadonlyMap<string, Leaf> {
  return new Map(
    [...leaves].map(([path, leaf]): [string, Leaf] => {
      const own = bins.get(path);
      return [path, own !== undefined && typeof leaf === 'number' ? middleOf(own, leaf) : leaf];
    }),
  );
}
