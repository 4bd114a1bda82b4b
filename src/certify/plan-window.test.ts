import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../records/random.ts';
import { errorsAllowed } from './binomial-bounds.ts';
import { expectedHorizon, type ForeseenOutcome, planWindow } from './plan-window.ts';

const delta = 0.0304;

/** Rows whose labels the student foretells worse the lower its score is. */
function outcomes(count: number, { worst = 0.5, seed = 1 } = {}): readonly ForeseenOutcome[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const score = random();
    return { score, different: random() < worst * (1 - score), weight: 1 };
  });
}

/** P(K ≤ allowed) of a beta-binomial count, by products of rising factorials alone. */
function atMost({ allowed, n, alpha, beta }: Record<'allowed' | 'n' | 'alpha' | 'beta', number>): number {
  let sum = 0;
  for (let k = 0; k <= allowed; k++) {
    let log = 0;
    for (let i = 0; i < k; i++) log += Math.log((alpha + i) * (n - i)) - Math.log(i + 1);
    for (let i = 0; i < n - k; i++) log += Math.log(beta + i);
    for (let i = 0; i < n; i++) log -= Math.log(alpha + beta + i);
    sum += Math.exp(log);
  }
  return sum;
}

describe('the plan of a window', () => {
  it('is none where nothing pays', () => {
    const rows = outcomes(300);
    const question = { outcomes: rows, epsilon: 0.02, delta, horizon: 5000, servedShare: 0 };
    expect(planWindow(question)).not.toBeNull();
    expect(planWindow({ ...question, outcomes: [] })).toBeNull();
    // Fewer calls to come than even an errorless window needs.
    expect(planWindow({ ...question, horizon: 170 })).toBeNull();
    expect(planWindow({ ...question, horizon: 0 })).toBeNull();
    // Everything is answered already: a window could only cost.
    expect(planWindow({ ...question, servedShare: 1 })).toBeNull();
  });

  it('samples more calls where more are to come', () => {
    const sizes = [400, 1500, 6000, 25_000, 100_000].map(
      (horizon) => planWindow({ outcomes: outcomes(800), epsilon: 0.02, delta, horizon, servedShare: 0 })?.n ?? 0,
    );
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(sizes.at(-1)).toBeGreaterThan(2 * (sizes[1] ?? 0));
  });

  it('never costs more than it earns', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 6000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (count, worst, horizon, servedShare) => {
          const plan = planWindow({
            outcomes: outcomes(count, { worst, seed: count }),
            epsilon: 0.05,
            delta,
            horizon,
            servedShare,
          });
          if (plan === null) return;
          const earned = (horizon - plan.n) * (plan.expectedShare - servedShare);
          expect(plan.expectedSaving).toBeGreaterThan(0);
          expect(plan.expectedSaving).toBeLessThanOrEqual(earned - plan.n * servedShare + 1e-6);
          expect(plan.n).toBeLessThan(horizon);
          expect(plan.expectedShare).toBeLessThanOrEqual(1 + 1e-9);
          expect(errorsAllowed({ n: plan.n, epsilon: 0.05, delta })).toBeGreaterThanOrEqual(0);
        },
      ),
      { numRuns: 15, seed: 1 },
    );
  });

  it('expects the share that a beta-binomial sum by hand expects', () => {
    for (const [rows, errors, horizon] of [
      [40, 0, 2000],
      [300, 0, 900],
      [250, 3, 30_000],
    ] as const) {
      // The errors have the highest scores, so that every part of the curve but the first has the same risk.
      const flat = Array.from({ length: rows }, (_, i) => ({ score: -i, different: i < errors, weight: 1 }));
      const plan = planWindow({ outcomes: flat, epsilon: 0.05, delta, horizon, servedShare: 0 });
      const n = plan?.n ?? Number.NaN;
      const allowed = errorsAllowed({ n, epsilon: 0.05, delta });
      const byHand = atMost({ allowed, n, alpha: errors + 0.5, beta: rows - errors + 0.5 });
      // The first points of the curve lie before the last of the errors.
      expect(Math.abs((plan?.expectedShare ?? 0) - byHand)).toBeLessThan(errors === 0 ? 1e-9 : 0.02);
    }
  });

  it('lets a row stand for as many calls as its weight says', () => {
    const rows = outcomes(200, { worst: 0.3 });
    const question = { epsilon: 0.05, delta, horizon: 4000, servedShare: 0 };
    const plain = planWindow({ ...question, outcomes: rows });
    // Errors that stand for twenty calls each forbid what they allowed before.
    const heavy = planWindow({
      ...question,
      outcomes: rows.map((row) => (row.different ? { ...row, weight: 20 } : row)),
    });
    expect(heavy?.expectedShare ?? 0).toBeLessThan((plain?.expectedShare ?? 0) - 0.1);
    // All alike heavy says nothing new.
    const allHeavy = planWindow({ ...question, outcomes: rows.map((row) => ({ ...row, weight: 20 })) });
    expect(allHeavy?.expectedShare).toBeCloseTo(plain?.expectedShare ?? 0, 9);
  });

  it('expects less where only the answered calls count, and is none where even the surest differ too often', () => {
    const question = { outcomes: outcomes(800), epsilon: 0.05, delta, horizon: 6000, servedShare: 0 };
    const ofAll = planWindow(question);
    const ofAnswered = planWindow({ ...question, promise: 'answered-calls' });
    expect(ofAnswered?.expectedShare).toBeGreaterThan(0.05);
    expect(ofAnswered?.expectedShare ?? 1).toBeLessThan((ofAll?.expectedShare ?? 0) - 0.1);
    // Everything has the same score and one in ten differs: a few surest calls satisfy the one promise, never the other.
    const flat = Array.from({ length: 800 }, (_, i) => ({ score: -i, different: i % 10 === 0, weight: 1 }));
    expect(planWindow({ ...question, outcomes: flat })).not.toBeNull();
    expect(planWindow({ ...question, outcomes: flat, promise: 'answered-calls' })?.expectedShare ?? 0).toBeLessThan(
      0.02,
    );
  });

  it('takes a stream to have as long a future as twice its past', () => {
    expect([expectedHorizon(0), expectedHorizon(350)]).toEqual([0, 700]);
  });
});
