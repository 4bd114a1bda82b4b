/**
 * States of a token under T tags. 0: in no span. For tag x, 1 + 4x and the three that follow: in the middle of a span,
 * its first token, its last, its only one.
 *
 * A weight belongs to a part, not to a state: part 0 is being in no span; of tag x, 1 + 4x is being in a span at all, then
 * beginning one, ending one, being one alone. States share parts, so that few rows teach all four states of a tag at once.
 */
export const outside = 0;

export function stateCount(tags: number): number {
  return 1 + 4 * tags;
}

export function middleOf(tag: number): number {
  return 1 + 4 * tag;
}

/** Tag of a state other than `outside`. */
export function tagOf(state: number): number {
  return (state - 1) >> 2;
}

export const first = 1;
export const last = 2;
export const only = 3;

/** Turns sums of parts into scores of states, in place, from `at` on. */
export function addParts(sums: Float64Array, at: number, tags: number): void {
  for (let tag = 0; tag < tags; tag++) {
    const middle = at + 1 + 4 * tag;
    const inside = sums[middle] as number;
    const begins = sums[middle + first] as number;
    const ends = sums[middle + last] as number;
    sums[middle + first] = inside + begins;
    sums[middle + last] = inside + ends;
    sums[middle + only] = inside + begins + ends + (sums[middle + only] as number);
  }
}

/** The transpose of `addParts`: turns a gradient by states into one by parts, in place. */
export function gatherParts(gradient: Float64Array, at: number, tags: number): void {
  for (let tag = 0; tag < tags; tag++) {
    const middle = at + 1 + 4 * tag;
    const alone = gradient[middle + only] as number;
    const begins = (gradient[middle + first] as number) + alone;
    const ends = (gradient[middle + last] as number) + alone;
    gradient[middle] = (gradient[middle] as number) + begins + ends - alone;
    gradient[middle + first] = begins;
    gradient[middle + last] = ends;
  }
}

/** Parts that a state is made of. */
export function partsOf(state: number): readonly number[] {
  if (state === outside) return [outside];
  const middle = middleOf(tagOf(state));
  if (state === middle) return [middle];
  if (state === middle + only) return [middle, middle + first, middle + last, middle + only];
  return [middle, state];
}
