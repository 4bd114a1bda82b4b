/** Whether answers come from a closed set, judged by how often they repeat. */
export interface ClosedSet {
  readonly isClosed: boolean;
  /** Good–Turing (1953): the share of answers seen once estimates the chance that the next one is new. */
  readonly unseenShare: number;
}

/** Fewer answers prove nothing. */
export const fewestAnswers = 10;
const mostValues = 1000;

/**
 * A set is closed when a new answer is rare: at most one in ten of the next, by Good–Turing. Of few answers it asks more, for
 * three different names in ten answers are no label set; `isListed` (the prompt itself names the values) replaces counting.
 */
export function judgeClosed(counts: readonly number[], isListed = false): ClosedSet {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const once = counts.filter((count) => count === 1).length;
  const unseenShare = total === 0 ? 1 : once / total;
  const isRepeating =
    unseenShare <= 0.1 && (total >= 30 ? counts.length <= total / 2.5 : counts.length <= Math.max(2, total / 4));
  return {
    isClosed: total >= fewestAnswers && counts.length <= mostValues && (isRepeating || isListed),
    unseenShare,
  };
}
