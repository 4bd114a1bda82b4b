import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomialUpperBound } from './binomial-bounds.ts';
import { chooseThreshold, type ScoredOutcome, scoreLevels } from './choose-threshold.ts';

const promise = { epsilon: 0.05, delta: 0.05 };
/** Scores on a coarse grid, so that ties are common. */
const outcome = fc.record({ score: fc.integer({ min: 0, max: 12 }).map((step) => step / 12), different: fc.boolean() });
const outcomes = fc.array(outcome, { minLength: 0, maxLength: 400 });
/** Mostly right, more often so with a higher score. */
const plausible = fc.array(
  fc
    .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([score, draw]): ScoredOutcome => ({ score, different: draw > 0.7 + 0.3 * score })),
  { minLength: 60, maxLength: 500 },
);

const clean = (n: number, score = 0.9): ScoredOutcome[] =>
  Array.from({ length: n }, () => ({ score, different: false }));

describe('chooseThreshold', () => {
  it('certifies 59 clean calls at 5 %, and asks for one more of 58', () => {
    expect(chooseThreshold(clean(59), promise)).toMatchObject({
      certified: true,
      threshold: 0.9,
      answered: 59,
      errors: 0,
    });
    expect(chooseThreshold(clean(58), promise)).toEqual({ certified: false, n: 58, errors: 0, moreCallsNeeded: 1 });
  });

  it('asks for all calls where there are none yet', () => {
    expect(chooseThreshold([], promise)).toEqual({ certified: false, n: 0, errors: 0, moreCallsNeeded: 59 });
  });

  it('counts the calls that a student abstains on, and never answers them', () => {
    const abstained = Array.from({ length: 40 }, () => ({ score: Number.NEGATIVE_INFINITY, different: true }));
    expect(chooseThreshold([...clean(19), ...abstained], promise)).toMatchObject({
      certified: true,
      answered: 19,
      n: 59,
    });
  });

  it('takes equal scores together or not at all', () => {
    const tied = [
      ...clean(40, 0.9),
      ...clean(50, 0.5),
      { score: 0.5, different: true },
      { score: 0.5, different: true },
    ];
    const choice = chooseThreshold(tied, promise);
    expect(choice).toMatchObject({ certified: true, answered: 40, errors: 0 });
    expect(choice.certified && choice.threshold).toBeGreaterThan(0.5);
  });

  it('lies just above the first error too many, not at the last score kept', () => {
    const sample = [...clean(60, 0.9), { score: 0.4, different: true }, ...clean(10, 0.3)];
    const choice = chooseThreshold(sample, promise);
    expect(choice).toMatchObject({ certified: true, answered: 60, errors: 0 });
    expect(choice.certified && choice.threshold).toBeCloseTo(0.4, 12);
    expect(choice.certified && choice.threshold).toBeGreaterThan(0.4);
  });

  it('says how many clean calls are missing when the most confident answers are wrong', () => {
    const choice = chooseThreshold([...clean(70), { score: 0.9, different: true }], promise);
    expect(choice).toEqual({ certified: false, n: 71, errors: 1, moreCallsNeeded: 93 - 71 });
  });

  it('states what answering every call at or above the threshold would have meant, and keeps it within epsilon', () => {
    fc.assert(
      fc.property(fc.oneof(outcomes, plausible), (sample) => {
        const choice = chooseThreshold(sample, promise);
        if (!choice.certified) return;
        const answered = sample.filter(({ score }) => score >= choice.threshold);
        const errors = answered.filter(({ different }) => different).length;
        expect(choice).toMatchObject({ answered: answered.length, errors, n: sample.length });
        expect(choice.upperBound).toBeCloseTo(binomialUpperBound({ errors, n: sample.length, delta: 0.05 }), 12);
        expect(choice.upperBound).toBeLessThanOrEqual(promise.epsilon + 1e-12);
      }),
    );
  });

  it('is the loosest such threshold: the next one fails', () => {
    fc.assert(
      fc.property(plausible, (sample) => {
        const choice = chooseThreshold(sample, promise);
        if (!choice.certified) return;
        const next = scoreLevels(sample).find(({ threshold }) => threshold < choice.threshold);
        if (next === undefined) return;
        const bound = binomialUpperBound({ errors: next.errors, n: sample.length, delta: promise.delta });
        expect(bound).toBeGreaterThan(promise.epsilon);
      }),
    );
  });

  it('does not depend on the order of the calls', () => {
    fc.assert(
      fc.property(outcomes, (sample) => {
        expect(chooseThreshold([...sample].reverse(), promise)).toEqual(chooseThreshold(sample, promise));
      }),
    );
  });

  it('never lets more be answered when one answer turns out different', () => {
    fc.assert(
      fc.property(plausible, fc.nat(), (sample, pick) => {
        const at = pick % sample.length;
        const worse = sample.map((row, index) => (index === at ? { ...row, different: true } : row));
        const before = chooseThreshold(sample, promise);
        const after = chooseThreshold(worse, promise);
        expect(answeredBy(after)).toBeLessThanOrEqual(answeredBy(before));
      }),
    );
  });

  it('never certifies under a stricter promise what it refused under a looser one', () => {
    fc.assert(
      fc.property(plausible, (sample) => {
        const loose = chooseThreshold(sample, promise);
        const strict = chooseThreshold(sample, { epsilon: 0.02, delta: 0.01 });
        expect(answeredBy(strict)).toBeLessThanOrEqual(answeredBy(loose));
      }),
    );
  });
});

function answeredBy(choice: ReturnType<typeof chooseThreshold>): number {
  return choice.certified ? choice.answered : 0;
}
