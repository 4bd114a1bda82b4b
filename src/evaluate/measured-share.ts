import { binomialInterval } from '../certify/binomial-bounds.ts';

/** `count` of `n`, with the exact two-sided interval of the share behind it. */
export interface MeasuredShare {
  readonly count: number;
  readonly n: number;
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** Clopper–Pearson at confidence 1 − delta; null where nothing was measured, because nothing is then known. */
export function measureShare(count: number, n: number, delta: number): MeasuredShare | null {
  if (n === 0) return null;
  return { count, n, share: count / n, ...binomialInterval({ errors: count, n, delta }) };
}
