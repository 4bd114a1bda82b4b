import { describe, expect, it } from 'vitest';
import type { PromiseKind } from '../records/certificate.ts';
import { seededRandom } from '../records/random.ts';
import type { ScoredOutcome } from './choose-threshold.ts';
import { choosePromisedThreshold, planPromise } from './promised-threshold.ts';

const question = { epsilon: 0.05, delta: 0.05 };

/** A call with score s is different with probability 1 − s; half the scores are low. */
function draw(n: number, seed: number): ScoredOutcome[] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, () => {
    const score = random() < 0.5 ? 0.3 * random() : 1 - random() ** 3 * 0.4;
    return { score, different: random() < 1 - score };
  });
}

const population = draw(40_000, 1);
const shares = (threshold: number) => {
  const answered = population.filter(({ score }) => score >= threshold);
  const different = answered.filter((row) => row.different).length;
  return { 'all-calls': different / population.length, 'answered-calls': different / answered.length };
};

/** Of 150 samples: how many a rule made for one promise certifies, and how many of those break another promise. */
function run(rule: PromiseKind, promise: PromiseKind) {
  const scores = draw(500, 2).map(({ score }) => score);
  const plan = planPromise(rule, scores, { ...question, n: 500 });
  const choices = Array.from({ length: 150 }, (_, seed) =>
    choosePromisedThreshold(draw(500, 100 + seed), plan, question),
  );
  const thresholds = choices.flatMap((choice) => (choice.certified ? [choice.threshold] : []));
  const broken = thresholds.filter((threshold) => shares(threshold)[promise] > question.epsilon).length;
  return { certified: thresholds.length, broken };
}

describe('choosePromisedThreshold', () => {
  it('keeps either promise in all but a share of delta of the samples', () => {
    // 5 % of 150 are 7.5; more than 15 has a chance below 1 % for a rule that keeps its promise.
    for (const promise of ['all-calls', 'answered-calls'] as const) {
      const { certified, broken } = run(promise, promise);
      expect(certified).toBeGreaterThan(100);
      expect(broken).toBeLessThanOrEqual(15);
    }
  });

  it('would break the promise about the answered calls, were it to choose by all calls', () => {
    expect(run('all-calls', 'answered-calls').broken).toBeGreaterThan(75);
    expect(run('answered-calls', 'all-calls').broken).toBe(0);
  });

  it('tests only thresholds that were fixed before', () => {
    const plan = planPromise(
      'answered-calls',
      draw(500, 2).map(({ score }) => score),
      { ...question, n: 500 },
    );
    const choice = choosePromisedThreshold(draw(500, 3), plan, question);
    expect(plan.promise === 'answered-calls' && choice.certified && plan.thresholds.includes(choice.threshold)).toBe(
      true,
    );
  });
});
