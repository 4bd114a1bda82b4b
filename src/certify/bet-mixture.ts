/**
 * A spread of bets against "the share is at least m". A bet at `ratio` r is the likelihood ratio of the share r·m
 * to m: an error multiplies its capital by r, a clean call by (1 − r·m)/(1 − m). In the form 1 + λ(m − x) it is
 * λ = (1 − r)/(1 − m). The ratio 0 wins fastest on clean calls and loses all at the first error.
 */
export interface Bet {
  readonly ratio: number;
  /** Share of the starting capital; all of them sum to 1. */
  readonly weight: number;
}

/**
 * Made for few errors in hundreds of calls, where certificates are decided: watched at every call, they need some
 * 1.3 times the calls of one look with the exact binomial bound, for 0 to 30 errors.
 */
export const betMixture: readonly Bet[] = [
  { ratio: 0, weight: 0.08 },
  { ratio: 0.2, weight: 0.46 },
  { ratio: 0.4, weight: 0.38 },
  { ratio: 0.7, weight: 0.08 },
];

/** log Σ exp(values), without overflow; −Infinity for an empty list. */
export function logSumExp(values: Float64Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > largest) largest = value;
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - largest);
  return largest + Math.log(sum);
}
