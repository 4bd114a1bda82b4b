import { binomialUpperBound, callsNeeded, errorsAllowed } from './binomial-bounds.ts';
import { nextAbove } from './next-above.ts';

/** One sampled call: the score of what the student would answer, and whether that differs from the teacher's answer. */
export interface ScoredOutcome {
  /** −Infinity where the student abstains whatever the threshold: the call counts, and is never answered. */
  readonly score: number;
  readonly different: boolean;
}

export type ThresholdChoice =
  | {
      readonly certified: true;
      /** Scores at or above it may be answered. Just above the first error too many, or the sample's lowest score. */
      readonly threshold: number;
      readonly n: number;
      /** Answered and different at this threshold. */
      readonly errors: number;
      readonly answered: number;
      /** Of "answered and different", as a share of all calls. */
      readonly upperBound: number;
    }
  | {
      readonly certified: false;
      readonly n: number;
      /** Errors at the strictest threshold there is: those among the calls with the highest score. */
      readonly errors: number;
      /** If they bring no further error at the strictest threshold. */
      readonly moreCallsNeeded: number;
    };

export interface ThresholdQuestion {
  /** Share of all calls that may be answered and different. */
  readonly epsilon: number;
  /** What this look spends: the chance that a certificate is issued and wrong. */
  readonly delta: number;
}

/**
 * The loosest threshold whose exact upper bound of "answered and different", and that of every stricter threshold,
 * is at most ε (risk-controlling prediction sets, Bates et al. 2021, with the binomial bound).
 * The sample: calls drawn at random after everything that trained or chose the student, its size fixed before looking.
 */
export function chooseThreshold(
  sample: readonly ScoredOutcome[],
  { epsilon, delta }: ThresholdQuestion,
): ThresholdChoice {
  const n = sample.length;
  const allowed = n === 0 ? -1 : errorsAllowed({ n, epsilon, delta });
  const loosest = loosestLevel(sample, allowed);
  if (loosest !== undefined) {
    const { threshold, answered, errors } = loosest;
    return { certified: true, threshold, n, errors, answered, upperBound: binomialUpperBound({ errors, n, delta }) };
  }
  const highest = sample.reduce((best, { score }) => Math.max(best, score), Number.NEGATIVE_INFINITY);
  const errors = highest > Number.NEGATIVE_INFINITY ? levelAt(sample, highest).errors : 0;
  return { certified: false, n, errors, moreCallsNeeded: Math.max(1, callsNeeded({ errors, epsilon, delta }) - n) };
}

/**
 * The loosest threshold with at most `allowed` errors at or above it; undefined where even the highest score has more.
 * It lies just above the error too many, and so below the last score that is kept: a threshold breaks its promise where
 * the errors down to it are too few by chance, and that chance is the same down to the next error. Where there is no error
 * too many it is the lowest score, not lower: nothing is known of calls that the student is less sure of than of any here.
 */
export function loosestLevel(sample: readonly ScoredOutcome[], allowed: number): ScoreLevel | undefined {
  if (allowed < 0) return undefined;
  const errorScores = sample
    .filter(({ score, different }) => different && score > Number.NEGATIVE_INFINITY)
    .map(({ score }) => score);
  const tooMany = errorScores.sort((left, right) => right - left)[allowed] ?? Number.NEGATIVE_INFINITY;
  let lowest = Number.POSITIVE_INFINITY;
  for (const { score } of sample) if (score > tooMany && score < lowest) lowest = score;
  if (lowest === Number.POSITIVE_INFINITY) return undefined;
  return levelAt(sample, tooMany === Number.NEGATIVE_INFINITY ? lowest : nextAbove(tooMany));
}

function levelAt(sample: readonly ScoredOutcome[], threshold: number): ScoreLevel {
  let answered = 0;
  let errors = 0;
  for (const { score, different } of sample) {
    if (score < threshold) continue;
    answered++;
    if (different) errors++;
  }
  return { threshold, answered, errors };
}

/** What answering every call with `score >= threshold` would have meant on a sample. */
export interface ScoreLevel {
  readonly threshold: number;
  readonly answered: number;
  readonly errors: number;
}

/** One level for each distinct score, strictest first, so that equal scores are always answered together. */
export function scoreLevels(sample: readonly ScoredOutcome[]): readonly ScoreLevel[] {
  const answerable = sample.filter(({ score }) => score > Number.NEGATIVE_INFINITY);
  answerable.sort((left, right) => right.score - left.score);
  const levels: ScoreLevel[] = [];
  let errors = 0;
  for (const [index, { score, different }] of answerable.entries()) {
    if (different) errors++;
    if (answerable[index + 1]?.score !== score) levels.push({ threshold: score, answered: index + 1, errors });
  }
  return levels;
}
