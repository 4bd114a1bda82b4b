import { binomialUpperBound, callsNeeded, errorsAllowed } from './binomial-bounds.ts';
import type { ThresholdChoice, ThresholdQuestion } from './choose-threshold.ts';
import { nextAbove } from './next-above.ts';

export interface SurestFirstQuestion extends ThresholdQuestion {
  /** The most labels that may be asked for. */
  readonly labels: number;
}

export type SurestFirstChoice = ThresholdChoice & {
  /** Labels that were asked for. */
  readonly labelled: number;
};

/**
 * Where each label costs (a person verifies it), and calls without one cost nothing: of N calls drawn at random, labels are
 * asked for from the surest call down, until there is one error more than N calls allow, or no label is left.
 *
 * This is the rule of `chooseThreshold` on all N calls, which never looks below its threshold either: labels there are wasted.
 * N must be fixed beforehand (`callsForSurestFirst`). Running out of labels only makes the threshold stricter.
 */
export function chooseSurestFirst(
  scores: readonly number[],
  isDifferent: (call: number) => boolean,
  { labels, epsilon, delta }: SurestFirstQuestion,
): SurestFirstChoice {
  const n = scores.length;
  const allowed = n === 0 ? -1 : errorsAllowed({ n, epsilon, delta });
  const order = [...scores.keys()]
    .filter((call) => (scores[call] ?? 0) > Number.NEGATIVE_INFINITY)
    .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  const wrong: number[] = [];
  let labelled = 0;
  let firstLeftOut = Number.NEGATIVE_INFINITY;
  for (const call of order) {
    firstLeftOut = scores[call] ?? 0;
    if (labelled >= labels) break;
    labelled++;
    if (isDifferent(call)) wrong.push(firstLeftOut);
    if (wrong.length > allowed) break;
    firstLeftOut = Number.NEGATIVE_INFINITY;
  }
  const answeredScores = order.map((call) => scores[call] ?? 0).filter((score) => score > firstLeftOut);
  const errors = wrong.filter((score) => score > firstLeftOut).length;
  if (allowed < 0 || answeredScores.length === 0) {
    const moreCallsNeeded = Math.max(1, callsNeeded({ errors: wrong.length, epsilon, delta }) - n);
    return { certified: false, n, errors: wrong.length, moreCallsNeeded, labelled };
  }
  return {
    certified: true,
    threshold: firstLeftOut === Number.NEGATIVE_INFINITY ? (answeredScores.at(-1) ?? 0) : nextAbove(firstLeftOut),
    n,
    errors,
    answered: answeredScores.length,
    upperBound: binomialUpperBound({ errors, n, delta }),
    labelled,
  };
}

/** So many times the labels are drawn at most: below 2 % coverage nothing is worth it. */
const MOST = 50;
/** Labels that are kept back, since the errors may come later than foreseen. */
const RESERVE = 0.03;

/**
 * How many calls to draw, so that `labels` labels let the largest share be answered. More calls allow a larger share of
 * errors, and fewer of them can be labelled. Foreseen from the calibrated scores of other calls, labelled or not, which
 * must not be those of the sample.
 */
export function callsForSurestFirst(
  planningScores: readonly number[],
  { labels, epsilon, delta }: SurestFirstQuestion,
): number {
  const coverageAt = foreseenCoverage(planningScores);
  let best = { n: labels, coverage: 0 };
  // The fewest calls for each number of errors: those between allow no error more.
  for (let errors = Math.max(0, errorsAllowed({ n: labels, epsilon, delta })); ; errors++) {
    const n = callsNeeded({ errors, epsilon, delta });
    const most = ((1 - RESERVE) * labels) / n;
    if (n > MOST * labels || most < best.coverage) return best.n;
    const coverage = Math.min(coverageAt((errors + 1) / n), most);
    if (coverage > best.coverage) best = { n, coverage };
  }
}

/** The share of calls that can be answered until so large a share is answered and different, by the scores' own word. */
function foreseenCoverage(planningScores: readonly number[]): (risk: number) => number {
  const scores = [...planningScores].sort((a, b) => b - a);
  const risks: number[] = [];
  let doubt = 0;
  for (const score of scores) {
    doubt += Math.min(1, Math.max(0, 1 - score));
    risks.push(doubt / scores.length);
  }
  return (risk) => {
    const first = risks.findIndex((value) => value > risk);
    return first < 0 ? 1 : first / scores.length;
  };
}
