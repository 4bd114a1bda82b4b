import { binomialUpperBound, callsNeeded, errorsAllowed, isBoundWithin } from './binomial-bounds.ts';
import { binomialAtMost } from './binomial-tail.ts';
import { type ScoredOutcome, type ScoreLevel, scoreLevels, type ThresholdQuestion } from './choose-threshold.ts';

/** Here ε is the share of the *answered* calls that may be different. */
export interface SelectiveQuestion extends ThresholdQuestion {
  /**
   * Scores of calls of this task that are not in the sample, labelled or not: out-of-fold rows, or the traffic.
   * They fix the thresholds to be tried and their order, which the sample must not.
   */
  readonly planningScores: readonly number[];
}

export type SelectiveChoice =
  | {
      readonly certified: true;
      readonly threshold: number;
      readonly n: number;
      readonly answered: number;
      readonly errors: number;
      /** Of the share of different ones among the answered. */
      readonly upperBound: number;
    }
  | {
      readonly certified: false;
      readonly n: number;
      /** At the threshold that promised most: answered and different in the sample. */
      readonly answered: number;
      readonly errors: number;
      /** If the further calls bring no further error, at the sample's coverage there. */
      readonly moreCallsNeeded: number;
    };

/** How many thresholds are tried at most. */
const GRID = 200;

/**
 * The loosest threshold at which at most ε of the *answered* calls differ, by fixed-sequence testing: it starts at
 * the threshold where a calibrated score predicts the most power, and loosens until the first failure. (From the
 * strictest, where hardly any call is answered, the first test would fail.) Each threshold fixed beforehand is an
 * exact binomial test on the answered calls; stopping at the first failure keeps the whole within δ.
 */
export function chooseSelectiveThreshold(
  sample: readonly ScoredOutcome[],
  { epsilon, delta, planningScores }: SelectiveQuestion,
): SelectiveChoice {
  const thresholds = planThresholds(planningScores, { n: sample.length, epsilon, delta });
  return testInSequence(sample, thresholds, { epsilon, delta });
}

/** Tests thresholds, strictest first and fixed without the sample, until the first that fails. */
export function testInSequence(
  sample: readonly ScoredOutcome[],
  thresholds: readonly number[],
  { epsilon, delta }: ThresholdQuestion,
): SelectiveChoice {
  const n = sample.length;
  const countsAt = countsDownwards(scoreLevels(sample));
  const first = countsAt(thresholds[0] ?? Number.POSITIVE_INFINITY);
  let chosen: SelectiveChoice | undefined;
  for (const threshold of thresholds) {
    const { answered, errors } = countsAt(threshold);
    if (!isBoundWithin({ errors, n: answered, epsilon, delta })) break;
    const upperBound = binomialUpperBound({ errors, n: answered, delta });
    chosen = { certified: true, threshold, n, answered, errors, upperBound };
  }
  if (chosen !== undefined) return chosen;
  const missing = callsNeeded({ errors: first.errors, epsilon, delta }) - first.answered;
  const coverage = Math.max(first.answered, 1) / Math.max(n, 1);
  return { certified: false, n, ...first, moreCallsNeeded: Math.max(1, Math.ceil(missing / coverage)) };
}

/**
 * The thresholds to test, from the one with the highest predicted power to looser ones. The prediction: of the n
 * calls as large a share is answered as of the planning scores, and the mean of 1 − score of it is different.
 */
export function planThresholds(
  planningScores: readonly number[],
  { n, epsilon, delta }: { readonly n: number; readonly epsilon: number; readonly delta: number },
): readonly number[] {
  const scores = planningScores.filter((score) => score > Number.NEGATIVE_INFINITY).sort((left, right) => right - left);
  const candidates: { threshold: number; power: number }[] = [];
  let doubt = 0;
  let nextRank = 1;
  for (const [index, score] of scores.entries()) {
    doubt += Math.min(1, Math.max(0, 1 - score));
    const rank = index + 1;
    if (scores[rank] === score || (rank < nextRank && rank < scores.length)) continue;
    nextRank = rank + planningScores.length / GRID;
    const answered = Math.round((n * rank) / planningScores.length);
    const allowed = answered === 0 ? -1 : errorsAllowed({ n: answered, epsilon, delta });
    candidates.push({ threshold: score, power: binomialAtMost(allowed, answered, doubt / rank) });
  }
  const highest = Math.max(...candidates.map(({ power }) => power));
  const start = candidates.findIndex(({ power }) => power === highest);
  return candidates.slice(Math.max(start, 0)).map(({ threshold }) => threshold);
}

/** Answered and errors at a threshold; asked for thresholds from strict to loose, it goes down the levels once. */
function countsDownwards(levels: readonly ScoreLevel[]): (threshold: number) => Omit<ScoreLevel, 'threshold'> {
  let next = 0;
  return (threshold) => {
    while ((levels[next]?.threshold ?? Number.NEGATIVE_INFINITY) >= threshold) next++;
    const { answered, errors } = levels[next - 1] ?? { answered: 0, errors: 0 };
    return { answered, errors };
  };
}
