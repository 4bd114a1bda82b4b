import { normalDeviates } from './band.ts';

/** What a student did on rows it did not learn from. */
export interface Outcome {
  readonly score: number;
  readonly agrees: boolean;
}

/** The largest share, surest first, of which at most ε of all differ; 0 for no rows. Hindsight, no certificate. */
export function coverageAt(outcomes: readonly Outcome[], epsilon: number): number {
  const surest = [...outcomes].sort((a, b) => b.score - a.score);
  let different = 0;
  let answered = 0;
  surest.forEach(({ agrees, score }, i) => {
    if (!agrees) different++;
    const isTied = surest[i + 1]?.score === score;
    if (!isTied && different <= epsilon * surest.length) answered = i + 1;
  });
  return outcomes.length === 0 ? 0 : answered / outcomes.length;
}

/**
 * Where a score sorts well, errors gather among the least sure: of the surest share c of all rows, e · c^k differ, with e
 * the share of errors among all. So c = (ε/e)^(1/k). On public sets k = selectivity · e^−0.85, whatever the set, its
 * size and ε (bench/learning-curve.ts); the selectivity is 0.83, its logarithm within ±0.3 of that.
 */
const errorPower = -0.85;
const usualSelectivity = { log: -0.19, deviation: 0.3 };
/** Of the logarithm of one measured selectivity: beside what chance does among the rows. */
const measuredDeviation = 0.1;
/** Chance in a measured selectivity, as a variance times the rows. */
const chanceRows = 40;

/** The logarithm of a task's selectivity, as far as it is known. */
export interface Selectivity {
  readonly log: number;
  readonly deviation: number;
}

/** One size of student: its share of errors, and what it could answer at ε. */
export interface CoveragePoint {
  readonly errors: number;
  readonly coverage: number;
  readonly judged: number;
}

/** What is usual, moved towards what was measured. Points at which everything or next to nothing is answered say nothing. */
export function learnSelectivity(points: readonly CoveragePoint[], epsilon: number): Selectivity {
  let precision = 1 / usualSelectivity.deviation ** 2;
  let sum = usualSelectivity.log * precision;
  for (const { errors, coverage, judged } of points) {
    if (errors <= 1.2 * epsilon || coverage <= 0.02 || coverage >= 0.99) continue;
    const power = Math.log(epsilon / errors) / Math.log(coverage);
    const weight = 1 / (measuredDeviation ** 2 + chanceRows / judged);
    sum += weight * (Math.log(power) - errorPower * Math.log(errors));
    precision += weight;
  }
  return { log: sum / precision, deviation: Math.sqrt(1 / precision) };
}

/** The share of calls that a student with so many errors answers at ε; 1 where it errs no oftener than that. */
export function coverageOf(errors: number, logSelectivity: number, epsilon: number): number {
  if (errors <= epsilon) return 1;
  return Math.exp(Math.log(epsilon / errors) / (Math.exp(logSelectivity) * errors ** errorPower));
}

/** Equally likely coverages, from equally likely shares of errors and what is known of the selectivity. */
export function coveragesOf(
  errors: readonly number[],
  { log, deviation }: Selectivity,
  epsilon: number,
): readonly number[] {
  return errors.flatMap((share) =>
    normalDeviates.map((deviate) => coverageOf(share, log + deviate * deviation, epsilon)),
  );
}
