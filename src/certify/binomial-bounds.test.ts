import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  binomialInterval,
  binomialLowerBound,
  binomialUpperBound,
  callsNeeded,
  errorsAllowed,
  isBoundWithin,
} from './binomial-bounds.ts';
import { deltaOfLook } from './look-budget.ts';

const sample = fc
  .integer({ min: 1, max: 5000 })
  .chain((n) => fc.record({ n: fc.constant(n), errors: fc.integer({ min: 0, max: n }) }));
const delta = fc.double({ min: 1e-6, max: 0.5, noNaN: true });

describe('the exact binomial bounds', () => {
  // scipy 1.x: beta.ppf(1 - delta, errors + 1, n - errors) and beta.ppf(delta, errors, n - errors + 1).
  it.each([
    [1, 10_000_000, 0.05, 4.743863629843794e-7, 5.129329425600043e-9],
    [5_000, 10_000_000, 0.01, 0.0005166940092944624, 0.00048370136105984604],
    [5_000_000, 10_000_000, 0.05, 0.5002601241698342, 0.49973987583016577],
    [9_999_999, 10_000_000, 0.05, 0.9999999948706706, 0.999999525613637],
    [3, 10, 0.025, 0.6524528500599973, 0.06673951117773447],
    [50, 100, 0.001, 0.6552019935746822, 0.34479800642531777],
    [7, 523, 0.05, 0.02499216858967302, 0.0062980642398707334],
    [999, 1000, 0.05, 0.999948708021091, 0.9952650064245002],
    [1, 2, 0.9, 0.3162277660168379, 0.6837722339831621],
  ])('are those of scipy for %d errors in %d at delta %d', (errors, n, spent, upper, lower) => {
    expect(binomialUpperBound({ errors, n, delta: spent }) / upper).toBeCloseTo(1, 9);
    expect(binomialLowerBound({ errors, n, delta: spent }) / lower).toBeCloseTo(1, 9);
  });

  // Two-sided 95 % Clopper–Pearson limits for n = 10 and n = 20 as printed in tables of the binomial distribution.
  it.each([
    [0, 10, 0, 0.3085],
    [1, 10, 0.0025, 0.445],
    [2, 10, 0.0252, 0.5561],
    [5, 10, 0.1871, 0.8129],
    [9, 10, 0.555, 0.9975],
    [10, 10, 0.6915, 1],
    [0, 20, 0, 0.1684],
    [1, 20, 0.0013, 0.2487],
    [4, 20, 0.0573, 0.4366],
    [10, 20, 0.272, 0.728],
  ])('are the published 95 %% limits for %d of %d', (errors, n, low, high) => {
    const interval = binomialInterval({ errors, n, delta: 0.05 });
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('know nothing without a draw', () => {
    expect(binomialUpperBound({ errors: 0, n: 0, delta: 0.05 })).toBe(1);
    expect(binomialLowerBound({ errors: 0, n: 0, delta: 0.05 })).toBe(0);
  });

  it('lie on both sides of the observed share', () => {
    fc.assert(
      fc.property(sample, delta, ({ errors, n }, spent) => {
        expect(binomialUpperBound({ errors, n, delta: spent })).toBeGreaterThanOrEqual(errors / n);
        expect(binomialLowerBound({ errors, n, delta: spent })).toBeLessThanOrEqual(errors / n);
      }),
    );
  });

  it('rise with every error, fall with every clean draw, and widen as delta shrinks', () => {
    fc.assert(
      fc.property(sample, delta, ({ errors, n }, spent) => {
        const bound = binomialUpperBound({ errors, n, delta: spent });
        expect(binomialUpperBound({ errors: errors + 1, n: n + 1, delta: spent })).toBeGreaterThanOrEqual(bound);
        if (errors < n) expect(binomialUpperBound({ errors: errors + 1, n, delta: spent })).toBeGreaterThan(bound);
        expect(binomialUpperBound({ errors, n: n + 1, delta: spent })).toBeLessThanOrEqual(bound);
        expect(binomialUpperBound({ errors, n, delta: spent / 2 })).toBeGreaterThanOrEqual(bound);
      }),
    );
  });

  it('mirror each other: errors from above are successes from below', () => {
    fc.assert(
      fc.property(sample, delta, ({ errors, n }, spent) => {
        const mirrored = 1 - binomialLowerBound({ errors: n - errors, n, delta: spent });
        expect(binomialUpperBound({ errors, n, delta: spent })).toBeCloseTo(mirrored, 9);
      }),
    );
  });

  it('answer the same as the one tail that decides whether a bound is within epsilon', () => {
    fc.assert(
      fc.property(sample, delta, fc.double({ min: 0.001, max: 0.5, noNaN: true }), ({ errors, n }, spent, epsilon) => {
        const bound = binomialUpperBound({ errors, n, delta: spent });
        fc.pre(Math.abs(bound - epsilon) > 1e-9);
        expect(isBoundWithin({ errors, n, epsilon, delta: spent })).toBe(bound <= epsilon);
      }),
    );
  });

  it.each([
    { errors: 2, n: 1, delta: 0.05 },
    { errors: -1, n: 1, delta: 0.05 },
    { errors: 0.5, n: 1, delta: 0.05 },
    { errors: 0, n: -1, delta: 0.05 },
    { errors: 0, n: 1, delta: 0 },
    { errors: 0, n: 1, delta: Number.NaN },
  ])('refuse %j', (question) => {
    expect(() => binomialUpperBound(question)).toThrow(RangeError);
    expect(() => binomialLowerBound(question)).toThrow(RangeError);
  });
});

describe('the fewest calls that certify', () => {
  it.each([
    [0.05, 0.05, [59, 93, 124, 208]],
    [0.02, 0.05, [149, 236, 313, 523]],
    [0.01, 0.05, [299, 473, 628, 1049]],
  ])('epsilon %d at delta %d with 0, 1, 2 and 5 errors are the published ones', (epsilon, spent, published) => {
    expect([0, 1, 2, 5].map((errors) => callsNeeded({ errors, epsilon, delta: spent }))).toEqual(published);
  });

  it('of a first look of several are 69, 173 and 348 without an error', () => {
    const spent = deltaOfLook(0.05, 1);
    expect([0.05, 0.02, 0.01].map((epsilon) => callsNeeded({ errors: 0, epsilon, delta: spent }))).toEqual([
      69, 173, 348,
    ]);
  });

  it('and the most errors allowed are inverse to each other', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 }),
        fc.double({ min: 0.005, max: 0.3, noNaN: true }),
        delta,
        (errors, epsilon, spent) => {
          const n = callsNeeded({ errors, epsilon, delta: spent });
          expect(errorsAllowed({ n, epsilon, delta: spent })).toBe(errors);
          expect(errorsAllowed({ n: n - 1, epsilon, delta: spent })).toBeLessThan(errors);
        },
      ),
    );
  });
});

describe('the budget of looks', () => {
  it('sums to no more than delta, however many looks there are', () => {
    let spent = 0;
    for (let look = 1; look <= 100_000; look++) spent += deltaOfLook(0.05, look);
    expect(spent).toBeLessThan(0.05);
    expect(spent).toBeGreaterThan(0.04999);
  });

  it('gives the first of looks 3.04 % of 5 %, and refuses a look that is none', () => {
    expect(deltaOfLook(0.05, 1)).toBeCloseTo(0.0304, 4);
    expect(() => deltaOfLook(0.05, 0)).toThrow(RangeError);
  });
});
