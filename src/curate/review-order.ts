import { type HeldOutGuess, type LikelyError, likelyErrors } from '../learn/likely-errors.ts';
import type { Example } from '../records/example.ts';
import { clusterNearDuplicates } from './near-duplicates.ts';

/** A call worth a person's look. */
export interface ReviewItem {
  readonly example: Example;
  readonly why: 'likely-error' | 'unsure';
  /** What the held-out model says. */
  readonly suggested: string;
  /** How sure it is of that. */
  readonly score: number;
}

/**
 * The calls most worth a person's look: likely label errors first, worst first, then those the held-out model is least
 * sure of. Calls that have gold are settled, and of near-duplicates the first in this order speaks for all.
 * `guesses` has one entry an example, none of which may be without a label.
 */
export function reviewOrder(
  examples: readonly Example[],
  guesses: readonly HeldOutGuess[],
  isSame?: (a: string, b: string) => boolean,
): readonly ReviewItem[] {
  const errors = likelyErrors(
    examples.map(({ label }) => label ?? ''),
    guesses,
    isSame,
  );
  const doubted = new Set(errors.map(({ row }: LikelyError) => row));
  const unsure = guesses
    .map(({ score }, row) => ({ row, score }))
    .filter(({ row }) => !doubted.has(row))
    .sort((a, b) => a.score - b.score);
  const clusters = clusterNearDuplicates(examples.map(({ slots }) => slots));
  const seen = new Set<number>();
  return [...errors, ...unsure].flatMap(({ row }) => {
    const example = examples[row] as Example;
    const cluster = clusters[row] as number;
    if (example.gold !== null || seen.has(cluster)) return [];
    seen.add(cluster);
    const { label, score } = guesses[row] as HeldOutGuess;
    return [{ example, why: doubted.has(row) ? 'likely-error' : 'unsure', suggested: label, score } as const];
  });
}
