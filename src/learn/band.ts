/** An expected share, and a band that holds it in nine of ten cases. */
export interface Band {
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** Equally likely deviates of a standard normal distribution that stand for it. */
export const normalDeviates: readonly number[] = [-1.59, -0.97, -0.59, -0.28, 0, 0.28, 0.59, 0.97, 1.59];

/** Median, and the middle nine tenths, of equally likely shares; at least one. */
export function bandOf(shares: readonly number[]): Band {
  const sorted = [...shares].sort((a, b) => a - b);
  const at = (part: number): number => sorted[Math.floor(part * sorted.length)] as number;
  return { share: at(0.5), low: at(0.05), high: at(0.95) };
}
