import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../records/random.ts';
import { binomialUpperBound } from './binomial-bounds.ts';
import type { ScoredOutcome } from './choose-threshold.ts';
import { chooseSelectiveThreshold, planThresholds } from './selective-risk.ts';

const promise = { epsilon: 0.05, delta: 0.05 };

/** A calibrated student: a call with score s is different with probability 1 − s, times `worse`. */
function draw(n: number, seed: number, worse = 1): ScoredOutcome[] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, () => {
    const score = 1 - random() ** 2 * 0.6;
    return { score, different: random() < (1 - score) * worse };
  });
}
const scoresOf = (rows: readonly ScoredOutcome[]) => rows.map(({ score }) => score);

describe('chooseSelectiveThreshold', () => {
  it('certifies what the answered calls bear, counted as the answered of this sample', () => {
    const sample = draw(1500, 1);
    const choice = chooseSelectiveThreshold(sample, { ...promise, planningScores: scoresOf(draw(1500, 2)) });
    expect(choice.certified).toBe(true);
    if (!choice.certified) return;
    const answered = sample.filter(({ score }) => score >= choice.threshold);
    const errors = answered.filter(({ different }) => different).length;
    expect(choice).toMatchObject({ answered: answered.length, errors });
    expect(choice.upperBound).toBe(binomialUpperBound({ errors, n: answered.length, delta: 0.05 }));
    expect(choice.upperBound).toBeLessThanOrEqual(0.05);
    expect(answered.length).toBeGreaterThan(300);
  });

  it('keeps its promise in all but a share of delta of the samples, also when the scores are far too high', () => {
    for (const worse of [1, 3]) {
      const population = draw(40_000, 3, worse);
      let broken = 0;
      for (let seed = 10; seed < 210; seed++) {
        const planningScores = scoresOf(draw(300, 1000 + seed));
        const choice = chooseSelectiveThreshold(draw(300, seed, worse), { ...promise, planningScores });
        if (!choice.certified) continue;
        const answered = population.filter(({ score }) => score >= choice.threshold);
        if (answered.filter(({ different }) => different).length / answered.length > 0.05) broken++;
      }
      // 5 % of 200 are 10; more than 17 has a chance of 1 % for a rule that keeps its promise.
      expect(broken).toBeLessThanOrEqual(17);
    }
  });

  it('says how many more calls it needs where nothing can be certified', () => {
    const sample = draw(30, 4);
    const choice = chooseSelectiveThreshold(sample, { ...promise, planningScores: scoresOf(draw(500, 5)) });
    expect(choice.certified).toBe(false);
    if (!choice.certified) expect(choice.moreCallsNeeded).toBeGreaterThan(20);
  });

  it('answers nothing without planning scores or without a sample', () => {
    expect(chooseSelectiveThreshold(draw(500, 6), { ...promise, planningScores: [] }).certified).toBe(false);
    expect(chooseSelectiveThreshold([], { ...promise, planningScores: scoresOf(draw(500, 7)) }).certified).toBe(false);
  });
});

describe('planThresholds', () => {
  it('loosens from the start on, and never starts at the strictest when that could not be certified', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), (seed) => {
        const scores = scoresOf(draw(400, seed));
        const plan = planThresholds(scores, { n: 400, ...promise });
        expect([...plan].sort((left, right) => right - left)).toEqual(plan);
        expect(plan[0]).toBeLessThan(Math.max(...scores));
      }),
      { numRuns: 20 },
    );
  });
});
