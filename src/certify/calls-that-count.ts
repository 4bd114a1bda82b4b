import { callsNeeded, errorsAllowed } from './binomial-bounds.ts';

/**
 * How many of `n` sampled calls to certify on: the fewest that allow as many errors as all of them do. The others would
 * make the bound stricter than asked for and allow no error more. (At n = 500 and ε = 2 % four errors are allowed, as they
 * are at 456, which let seven students answer 52.3 % of the calls in the mean, and 500 calls 51.0 %.) It depends on n alone, so taking
 * the newest so many calls, whatever they say, is a sample fixed beforehand. All `n` where they allow no error at all.
 */
export function callsThatCount({
  n,
  epsilon,
  delta,
}: {
  readonly n: number;
  readonly epsilon: number;
  readonly delta: number;
}): number {
  if (n === 0) return 0;
  const errors = errorsAllowed({ n, epsilon, delta });
  return errors < 0 || epsilon >= 1 ? n : callsNeeded({ errors, epsilon, delta });
}
