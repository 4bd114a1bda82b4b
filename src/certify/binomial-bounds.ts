import { binomialAtLeast, binomialAtMost } from './binomial-tail.ts';

/** `errors` among `n` independent draws, and the share `delta` of samples in which a bound may be wrong. */
export interface BoundQuestion {
  readonly errors: number;
  readonly n: number;
  /** Between 0 and 1, both excluded. */
  readonly delta: number;
}

/**
 * Exact one-sided upper bound of a share (Clopper–Pearson 1934): the largest p with P(Bin(n, p) ≤ errors) ≥ delta.
 * 1 where `n` is 0. Throws a RangeError unless 0 ≤ errors ≤ n and 0 < delta < 1.
 */
export function binomialUpperBound({ errors, n, delta }: BoundQuestion): number {
  check({ errors, n, delta });
  if (errors === n) return 1;
  if (errors === 0) return -Math.expm1(Math.log(delta) / n);
  return boundary((p) => binomialAtMost(errors, n, p) >= delta);
}

/** Exact one-sided lower bound of a share: the smallest p with P(Bin(n, p) ≥ errors) ≥ delta. 0 where `errors` is 0. */
export function binomialLowerBound({ errors, n, delta }: BoundQuestion): number {
  check({ errors, n, delta });
  if (errors === 0) return 0;
  if (errors === n) return Math.exp(Math.log(delta) / n);
  return boundary((p) => binomialAtLeast(errors, n, p) < delta);
}

/** Two-sided exact interval: each side is wrong in at most half of `delta`. */
export function binomialInterval({ errors, n, delta }: BoundQuestion): { readonly low: number; readonly high: number } {
  const side = { errors, n, delta: delta / 2 };
  return { low: binomialLowerBound(side), high: binomialUpperBound(side) };
}

/** Whether the upper bound of `errors` among `n` is at most `epsilon`: one tail instead of a search for the bound. */
export function isBoundWithin({ errors, n, epsilon, delta }: BoundQuestion & { readonly epsilon: number }): boolean {
  check({ errors, n, delta });
  if (epsilon >= 1) return true;
  if (epsilon <= 0) return false;
  return errors < n && binomialAtMost(errors, n, epsilon) <= delta;
}

/** The most errors among `n` whose upper bound is still at most `epsilon`; −1 where even none is too few calls. */
export function errorsAllowed({
  n,
  epsilon,
  delta,
}: {
  readonly n: number;
  readonly epsilon: number;
  readonly delta: number;
}): number {
  if (epsilon >= 1) return n;
  return lastTrue(Math.ceil(n * epsilon), (errors) => errors <= n && isBoundWithin({ errors, n, epsilon, delta }));
}

/** The fewest calls with which `errors` errors are still certified: smallest n whose upper bound is at most `epsilon`. */
export function callsNeeded({
  errors,
  epsilon,
  delta,
}: {
  readonly errors: number;
  readonly epsilon: number;
  readonly delta: number;
}): number {
  if (!(epsilon > 0)) throw new RangeError(`epsilon is ${epsilon}; it must be above 0`);
  const isTooFew = (n: number) => n < errors || !isBoundWithin({ errors, n, epsilon, delta });
  let enough = Math.max(1, errors);
  while (isTooFew(enough)) enough *= 2;
  return lastTrue(enough, isTooFew) + 1;
}

/** The number where a claim that holds from 0 up to it and not beyond stops holding, among the doubles of 0…1. */
function boundary(holds: (p: number) => boolean): number {
  let low = 0;
  let high = 1;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high || high - low < 1e-15 * high) return middle;
    if (holds(middle)) low = middle;
    else high = middle;
  }
}

/** The last whole number of 0…limit for which a claim that never becomes true again holds; −1 where it never does. */
function lastTrue(limit: number, holds: (value: number) => boolean): number {
  let low = -1;
  let high = limit + 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function check({ errors, n, delta }: BoundQuestion): void {
  if (!(Number.isInteger(n) && n >= 0)) throw new RangeError(`n is ${n}; it must be a whole number, 0 or more`);
  if (!(Number.isInteger(errors) && errors >= 0 && errors <= n))
    throw new RangeError(`errors is ${errors}; it must be a whole number from 0 to n, which is ${n}`);
  if (!(delta > 0 && delta < 1)) throw new RangeError(`delta is ${delta}; it must be between 0 and 1`);
}
