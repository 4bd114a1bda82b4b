import type { PromiseKind } from '../records/certificate.ts';
import {
  chooseThreshold,
  type ScoredOutcome,
  type ThresholdChoice,
  type ThresholdQuestion,
} from './choose-threshold.ts';
import { planThresholds, testInSequence } from './selective-risk.ts';

/** What is fixed before the sample is seen, besides ε and δ. */
export type ThresholdPlan =
  | { readonly promise: 'all-calls' }
  | {
      readonly promise: 'answered-calls';
      /** The thresholds to be tested, in this order. */
      readonly thresholds: readonly number[];
    };

/** `planningScores`: scores of calls of this task that are not in the sample, such as out-of-fold rows. */
export function planPromise(
  promise: PromiseKind,
  planningScores: readonly number[],
  question: ThresholdQuestion & { readonly n: number },
): ThresholdPlan {
  if (promise === 'all-calls') return { promise };
  return { promise, thresholds: planThresholds(planningScores, question) };
}

/** The loosest threshold that keeps either promise, by the rule that fits it. */
export function choosePromisedThreshold(
  sample: readonly ScoredOutcome[],
  plan: ThresholdPlan,
  question: ThresholdQuestion,
): ThresholdChoice {
  return plan.promise === 'all-calls'
    ? chooseThreshold(sample, question)
    : testInSequence(sample, plan.thresholds, question);
}
