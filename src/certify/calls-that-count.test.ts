import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../records/random.ts';
import { binomialUpperBound, errorsAllowed } from './binomial-bounds.ts';
import { callsThatCount } from './calls-that-count.ts';
import { chooseThreshold, type ScoredOutcome } from './choose-threshold.ts';

const promise = { epsilon: 0.02, delta: 0.05 };

describe('callsThatCount', () => {
  it('leaves out the calls that buy no further error: 456 of 500 at 2 %', () => {
    expect(callsThatCount({ n: 500, ...promise })).toBe(456);
    expect([148, 149, 235].map((n) => callsThatCount({ n, ...promise }))).toEqual([148, 149, 149]);
    expect(callsThatCount({ n: 0, ...promise })).toBe(0);
  });

  it('allows as many errors as all calls do, and one call fewer would not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.constantFrom(0.01, 0.02, 0.05, 0.1), (n, epsilon) => {
        const question = { epsilon, delta: 0.0304 };
        const count = callsThatCount({ n, ...question });
        const errors = errorsAllowed({ n, ...question });
        expect(count).toBeLessThanOrEqual(n);
        expect(errorsAllowed({ n: count, ...question })).toBe(errors);
        if (errors >= 0 && count > 1)
          expect(binomialUpperBound({ errors, n: count - 1, delta: 0.0304 })).toBeGreaterThan(epsilon);
      }),
    );
  });

  it('lets more be answered and keeps the promise; leaving out calls that differ does not', () => {
    const draw = (n: number, random: () => number): ScoredOutcome[] =>
      Array.from({ length: n }, () => {
        const score = random();
        return { score, different: random() < 0.2 * (1 - score) };
      });
    // Answered and different down to a score of t: the integral of 0.2·(1 − s) from t to 1.
    const risk = (threshold: number) => 0.1 * (1 - threshold) ** 2;
    const count = callsThatCount({ n: 400, ...promise });
    const thresholds = { all: 0, counted: 0 };
    const broken = { counted: 0, careless: 0 };
    const thresholdOf = (sample: readonly ScoredOutcome[]) => {
      const choice = chooseThreshold(sample, promise);
      return choice.certified ? choice.threshold : 1;
    };
    for (let seed = 1; seed <= 300; seed++) {
      const sample = draw(400, seededRandom(seed));
      thresholds.all += thresholdOf(sample) / 300;
      const counted = thresholdOf(sample.slice(-count));
      thresholds.counted += counted / 300;
      if (risk(counted) > promise.epsilon) broken.counted++;
      const best = [...sample].sort((a, b) => Number(a.different) - Number(b.different)).slice(0, count);
      if (risk(thresholdOf(best)) > promise.epsilon) broken.careless++;
    }
    expect(thresholds.counted).toBeLessThan(thresholds.all);
    // 5 % of 300 are 15; more than 24 has a chance of 1 % for a rule that keeps its promise.
    expect(broken.counted).toBeLessThanOrEqual(24);
    expect(broken.careless).toBeGreaterThan(24);
  });
});
