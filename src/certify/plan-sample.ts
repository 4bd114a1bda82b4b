import { binomialInterval, callsNeeded } from './binomial-bounds.ts';
import { binomialAtMost } from './binomial-tail.ts';
import { deltaOfLook } from './look-budget.ts';

export interface IntervalQuestion {
  /** The share that is expected, from 0 to 1: of agreement, of errors, of right answers. */
  readonly share: number;
  /** Half the width that the interval may have. */
  readonly halfWidth: number;
  /** The chance that the interval misses the truth, both sides together. */
  readonly delta: number;
}

/** Far above what anybody checks; it keeps counts of a share next to nothing finite. */
const MOST_CALLS = 1e9;

/**
 * How many checked calls an exact two-sided interval (Clopper–Pearson) of at most this half-width takes, where the
 * measured share comes out as expected, rounded to a count. It holds for every larger number of calls as well:
 * rounding makes single smaller numbers narrow enough by luck.
 */
export function callsForInterval({ share, halfWidth, delta }: IntervalQuestion): number {
  check({ share, halfWidth });
  // An interval around a share is as wide as the one around its opposite.
  const rare = Math.min(share, 1 - share);
  const isTooWide = (n: number): boolean => {
    const { low, high } = binomialInterval({ errors: Math.round(n * rare), n, delta });
    return high - low > 2 * halfWidth;
  };
  if (rare === 0) return firstNot(isTooWide, 1);
  // At one count the interval narrows with n, so the widest of a count is at the fewest calls that round to it.
  const fewestOf = (errors: number): number => Math.min(MOST_CALLS, Math.max(1, Math.ceil((errors - 0.5) / rare)));
  const count = Math.max(0, firstNot((errors) => isTooWide(fewestOf(errors)), 0) - 1);
  return Math.min(firstNot(isTooWide, fewestOf(count)), fewestOf(count + 1));
}

export interface CertificateQuestion {
  readonly epsilon: number;
  /** Of the whole promise. */
  readonly delta: number;
  /** Which attempt to certify it is, from 1. */
  readonly look: number;
  /** Answered and different calls that the sample will hold. */
  readonly errors: number;
}

/** How many randomly sampled calls a certificate takes that holds so many errors: 0 gives the fewest there are. */
export function callsForCertificate({ epsilon, delta, look, errors }: CertificateQuestion): number {
  return callsNeeded({ errors, epsilon, delta: deltaOfLook(delta, look) });
}

/** Beyond this many errors a certificate is out of reach for all practical purposes: ε is hardly above the expected share. */
const MOST_ERRORS = 10_000;

/**
 * The fewest calls with which a certificate comes about with probability `chance`, where the share `share` of all calls is
 * answered and different. Null where that share is too close to ε, or above it.
 */
export function callsForLikelyCertificate(
  { epsilon, delta, look }: Omit<CertificateQuestion, 'errors'>,
  { share, chance }: { readonly share: number; readonly chance: number },
): number | null {
  if (share >= epsilon) return null;
  const spent = deltaOfLook(delta, look);
  const isUnlikely = (errors: number): boolean =>
    errors <= MOST_ERRORS && binomialAtMost(errors, callsNeeded({ errors, epsilon, delta: spent }), share) < chance;
  const errors = firstNot(isUnlikely, 0);
  return errors > MOST_ERRORS ? null : callsNeeded({ errors, epsilon, delta: spent });
}

/** Days until so many calls are checked, of a task with `perDay` calls of which the share `sampled` is checked. */
export function daysFor(
  calls: number,
  { perDay, sampled }: { readonly perDay: number; readonly sampled: number },
): number {
  return calls / (perDay * sampled);
}

/** The first whole number from `start` on for which a claim that never becomes true again does not hold. */
function firstNot(holds: (value: number) => boolean, start: number): number {
  let step = 1;
  while (holds(start + step - 1)) step *= 2;
  let low = start + Math.floor(step / 2) - 1;
  let high = start + step - 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return high;
}

function check({ share, halfWidth }: Omit<IntervalQuestion, 'delta'>): void {
  if (!(share >= 0 && share <= 1)) throw new RangeError(`share is ${share}; it must be from 0 to 1`);
  if (!(halfWidth > 0 && halfWidth < 0.5))
    throw new RangeError(`halfWidth is ${halfWidth}; it must be between 0 and 0.5`);
}
