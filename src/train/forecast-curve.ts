/** Share of answers that differ, as it was measured after learning from so many rows. */
export interface CurvePoint {
  readonly rows: number;
  readonly share: number;
  /** Standard error of `share`, beside the points of other sizes. */
  readonly error: number;
}

export interface ForecastQuestion {
  /** Smallest size first. */
  readonly points: readonly CurvePoint[];
  /** The share of an answer that needs no learning: 1 less the most frequent label's. */
  readonly start: number;
  /** The number of rows that is asked about. */
  readonly rows: number;
  /** Standard error that all points have in common, from judging them on the same rows. */
  readonly levelError: number;
}

/** share(rows) = floor + (start − floor) · (1 + rows / knee)^−exponent: a power law that begins where nothing is learned. */
interface Law {
  readonly floor: number;
  readonly knee: number;
  readonly exponent: number;
}

const floorSteps = 12;
const kneeDoublings = Array.from({ length: 18 }, (_, i) => -8 + 0.75 * i);
const exponents = Array.from({ length: 12 }, (_, i) => 0.2 + 0.2 * i);

/** What curves are like before any point of this one is known: log-normal exponent; floors are oftener low than high. */
const usual = { exponent: 0.6, exponentSpread: 0.4, floorFall: 2 };
/** Curves are no exact power laws: noise of a point, and of each doubling beyond the last, in units of √(share·(1−share)). */
const misfit = 0.02;

/** Equally likely values of the forecast that stand for its distribution. */
const quantiles = 41;

/**
 * Where a learning curve goes: equally likely shares at the number of rows asked about, smallest first. A posterior over
 * power laws with an offset on a grid, with Gaussian likelihood; its priors were chosen once on public sets of many
 * kinds (bench/learning-curve.ts). At least one point.
 */
export function forecastShares({ points, start, rows, levelError }: ForecastQuestion): readonly number[] {
  const last = points.at(-1) as CurvePoint;
  const parts = weighLaws(points, start).map(({ law, weight }): Part => {
    const mean = shareAt(law, start, rows);
    const drift = misfit * spreadOf(mean) * Math.max(0, Math.log2(rows / last.rows));
    return { weight, mean, deviation: Math.max(1e-6, Math.hypot(levelError, drift)) };
  });
  return Array.from({ length: quantiles }, (_, i) => quantileOf(parts, (i + 0.5) / quantiles));
}

function shareAt({ floor, knee, exponent }: Law, start: number, rows: number): number {
  return floor + (start - floor) * (1 + rows / knee) ** -exponent;
}

function spreadOf(share: number): number {
  return Math.sqrt(Math.max(1e-4, share * (1 - share)));
}

interface WeighedLaw {
  readonly law: Law;
  /** Its share of the posterior. */
  readonly weight: number;
}

/** Laws without weight are left out. */
function weighLaws(points: readonly CurvePoint[], start: number): readonly WeighedLaw[] {
  const highest = 0.95 * Math.min(start, ...points.map(({ share }) => share));
  const size = points.at(-1)?.rows ?? 1;
  const laws = Array.from({ length: floorSteps }, (_, step) => step / (floorSteps - 1)).flatMap((height) =>
    kneeDoublings.flatMap((doublings) =>
      exponents.map((exponent) => {
        const law = { floor: height * highest, knee: size * 2 ** doublings, exponent };
        return { law, weight: logPrior(exponent, height) + logLikelihood(law, points, start) };
      }),
    ),
  );
  const best = Math.max(...laws.map(({ weight }) => weight));
  const likely = laws
    .map(({ law, weight }) => ({ law, weight: Math.exp(weight - best) }))
    .filter(({ weight }) => weight > 1e-6);
  const sum = likely.reduce((total, { weight }) => total + weight, 0);
  return likely.map(({ law, weight }) => ({ law, weight: weight / sum }));
}

function logPrior(exponent: number, height: number): number {
  return -((Math.log(exponent / usual.exponent) / usual.exponentSpread) ** 2) / 2 - usual.floorFall * height;
}

function logLikelihood(law: Law, points: readonly CurvePoint[], start: number): number {
  return points.reduce((sum, { rows, share, error }) => {
    const mean = shareAt(law, start, rows);
    const variance = error ** 2 + (misfit * spreadOf(mean)) ** 2;
    return sum - ((share - mean) ** 2 / variance + Math.log(variance)) / 2;
  }, 0);
}

interface Part {
  readonly weight: number;
  readonly mean: number;
  readonly deviation: number;
}

/** Quantile of a mixture of normal distributions within 0 and 1, by bisection. */
function quantileOf(parts: readonly Part[], probability: number): number {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 25; step++) {
    const middle = (low + high) / 2;
    const below = parts.reduce(
      (sum, { weight, mean, deviation }) => sum + weight * normalBelow((middle - mean) / deviation),
      0,
    );
    if (below < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Probability that a standard normal variable lies below z (Abramowitz & Stegun 7.1.26; error below 1.5e-7). */
function normalBelow(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const erf = 1 - polynomial * Math.exp(-x * x);
  return z < 0 ? (1 - erf) / 2 : (1 + erf) / 2;
}
