import type { PromiseKind } from '../records/certificate.ts';
import { callsNeeded, errorsAllowed } from './binomial-bounds.ts';

/** What a student would have said about one labelled call that it did not see, and how many calls of the stream that row stands for. */
export interface ForeseenOutcome {
  readonly score: number;
  readonly different: boolean;
  /** One over the probability with which the call got its label. */
  readonly weight: number;
}

export interface WindowQuestion {
  readonly outcomes: readonly ForeseenOutcome[];
  readonly epsilon: number;
  /** Of which calls ε is a share; all calls unless given. */
  readonly promise?: PromiseKind;
  /** What this look may spend. */
  readonly delta: number;
  /** Calls of the task still to be expected. Unknown in truth; see `expectedHorizon`. */
  readonly horizon: number;
  /** The fewest calls that go by while a window is open, sampled or not: windows are spread over time. 0 by default. */
  readonly spanCalls?: number;
  /** The share of calls that is answered locally today; 0 while nothing is certified. */
  readonly servedShare: number;
}

export interface WindowPlan {
  /** Calls to sample. */
  readonly n: number;
  /** Expected share of calls answered once the window is over. */
  readonly expectedShare: number;
  /** Expected number of calls saved over the horizon, the window's own cost taken off. */
  readonly expectedSaving: number;
}

/**
 * How many calls a certification window should sample so that the expected saving is largest, or null where no window pays.
 *
 * The out-of-fold outcomes foretell the risk r(c) of answering the share c of calls with the highest scores. A window of n
 * calls certifies c when at most k(n) of them are answered and different, k(n) being the largest count whose exact upper
 * bound stays below ε; with r known only from m rows, that count is beta-binomial (Jeffreys prior). A window costs what
 * would have been answered locally of its n calls; it earns the gain in share once it is over, for the rest of the horizon.
 */
export function planWindow(question: WindowQuestion): WindowPlan | null {
  const curve = riskCurve(question.outcomes);
  if (curve.points.length === 0) return null;
  let best: WindowPlan | null = null;
  for (const n of windowSizes(question)) {
    const gain =
      question.promise === 'answered-calls' ? gainInSequence(curve, n, question) : expectedGain(curve, n, question);
    const lasts = Math.max(n, question.spanCalls ?? 0);
    const expectedSaving = (question.horizon - lasts) * gain - n * question.servedShare;
    if (expectedSaving > 0 && (best === null || expectedSaving > best.expectedSaving)) {
      best = { n, expectedShare: question.servedShare + gain, expectedSaving };
    }
  }
  return best;
}

/**
 * The calls still to be expected from a stream that has brought `seen` calls so far and says nothing of its end: twice
 * as many. Met at a random moment of its life, a stream has a median future as long as its past and no finite mean
 * (Gott's argument); twice the past is a plan that is wrong by a small factor either way.
 */
export function expectedHorizon(seen: number): number {
  return 2 * seen;
}

interface CurvePoint {
  /** Share of calls answered. */
  readonly share: number;
  /** Share of calls answered and different. */
  readonly risk: number;
}

interface RiskCurve {
  /** Loosening. */
  readonly points: readonly CurvePoint[];
  /** Kish's effective number of rows behind the weights. */
  readonly rows: number;
}

const CURVE_POINTS = 100;
const MOST_ERRORS = 100;

function riskCurve(outcomes: readonly ForeseenOutcome[]): RiskCurve {
  const sorted = [...outcomes].sort((a, b) => b.score - a.score);
  let total = 0;
  let squares = 0;
  for (const { weight } of sorted) {
    total += weight;
    squares += weight * weight;
  }
  const points: CurvePoint[] = [];
  let answered = 0;
  let different = 0;
  for (const outcome of sorted) {
    answered += outcome.weight;
    if (outcome.different) different += outcome.weight;
    const share = answered / total;
    if (share >= (points.length + 1) / CURVE_POINTS) points.push({ share, risk: different / total });
  }
  return { points, rows: squares > 0 ? (total * total) / squares : 0 };
}

function expectedGain(curve: RiskCurve, n: number, { epsilon, delta, servedShare }: WindowQuestion): number {
  const allowed = errorsAllowed({ n, epsilon, delta });
  if (allowed < 0) return 0;
  let gain = 0;
  let reached = servedShare;
  for (const { share, risk } of curve.points) {
    if (share <= reached) continue;
    const certified = betaBinomialAtMost({
      count: allowed,
      n,
      alpha: risk * curve.rows + 0.5,
      beta: (1 - risk) * curve.rows + 0.5,
    });
    if (certified < 1e-4) break;
    gain += (share - reached) * certified;
    reached = share;
  }
  return gain;
}

/**
 * The same where ε is a share of the answered calls: the thresholds are tested one after the other from the most
 * promising one, so a looser one is reached at most as often as the worst before it.
 */
function gainInSequence(curve: RiskCurve, n: number, { epsilon, delta, servedShare }: WindowQuestion): number {
  const passed = curve.points.map(({ share, risk }) => {
    const answered = Math.round(n * share);
    const rows = curve.rows * share;
    const allowed = answered === 0 ? -1 : errorsAllowed({ n: answered, epsilon, delta });
    if (allowed < 0) return 0;
    const errors = (risk / share) * rows;
    return betaBinomialAtMost({ count: allowed, n: answered, alpha: errors + 0.5, beta: rows - errors + 0.5 });
  });
  const start = passed.indexOf(Math.max(...passed));
  let gain = 0;
  let reached = servedShare;
  let chance = 1;
  for (const [index, { share }] of curve.points.entries()) {
    if (index < start) continue;
    chance = Math.min(chance, passed[index] ?? 0);
    if (share <= reached) continue;
    gain += (share - reached) * chance;
    reached = share;
  }
  return gain;
}

/** The sizes worth having: the fewest calls that allow 0, 1, 2 … errors, up to half the horizon. Between them, calls buy nothing. */
function windowSizes({ epsilon, delta, horizon }: WindowQuestion): readonly number[] {
  const sizes: number[] = [];
  for (let errors = 0; errors <= MOST_ERRORS; errors++) {
    const n = callsNeeded({ errors, epsilon, delta });
    if (sizes.length > 0 && n > horizon / 2) break;
    sizes.push(n);
  }
  return sizes;
}

/** P(K ≤ count) for K beta-binomial; terms by recurrence, exact in floating point for the small counts used here. */
function betaBinomialAtMost({
  count,
  n,
  alpha,
  beta,
}: {
  readonly count: number;
  readonly n: number;
  readonly alpha: number;
  readonly beta: number;
}): number {
  let logTerm = logBeta(alpha, beta + n) - logBeta(alpha, beta);
  let sum = 0;
  for (let k = 0; k <= Math.min(count, n); k++) {
    sum += Math.exp(logTerm);
    if (k < n) logTerm += Math.log(((n - k) / (k + 1)) * ((k + alpha) / (n - k - 1 + beta)));
  }
  return Math.min(1, sum);
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** Stirling's series after shifting the argument above 8; relative error below 1e-12. */
function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  while (z < 8) {
    shift -= Math.log(z);
    z += 1;
  }
  const inverse = 1 / (z * z);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / z;
  return shift + (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series;
}
