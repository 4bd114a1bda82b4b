import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../records/random.ts';
import { callsThatCount } from './calls-that-count.ts';
import { chooseThreshold, type ScoredOutcome } from './choose-threshold.ts';
import { callsForSurestFirst, chooseSurestFirst } from './surest-first.ts';

const promise = { epsilon: 0.05, delta: 0.05 };

/** A call with score s is different with probability 1 − s, times `worse`; one in two is hopeless. */
function draw(n: number, seed: number, worse = 1): ScoredOutcome[] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, () => {
    const score = random() < 0.5 ? 0.4 * random() : 1 - 0.5 * random() ** 2;
    return { score, different: random() < (1 - score) * worse };
  });
}

const scoresOf = (rows: readonly ScoredOutcome[]) => rows.map(({ score }) => score);
const choose = (rows: readonly ScoredOutcome[], labels: number) =>
  chooseSurestFirst(scoresOf(rows), (call) => rows[call]?.different ?? true, { ...promise, labels });

describe('chooseSurestFirst', () => {
  it('comes to the choice that all labels would have led to, with fewer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seed) => {
        const rows = draw(400, seed);
        const { labelled, ...choice } = choose(rows, rows.length);
        expect(choice).toEqual(chooseThreshold(rows, promise));
        expect(labelled).toBeLessThan(300);
      }),
      { numRuns: 40 },
    );
  });

  it('asks for no label twice, and for none beyond those it may have', () => {
    const rows = draw(600, 1);
    const asked: number[] = [];
    const isDifferent = (call: number) => {
      asked.push(call);
      return rows[call]?.different ?? true;
    };
    const choice = chooseSurestFirst(scoresOf(rows), isDifferent, { ...promise, labels: 100 });
    expect([choice.labelled, asked.length, new Set(asked).size]).toEqual([100, 100, 100]);
    // Every call that may be answered has a label.
    expect(choice.certified && rows.filter(({ score }) => score >= choice.threshold).length).toBeLessThanOrEqual(100);
    expect(choice.certified && choice.answered).toBe(100);
  });

  it('answers no call that ties with one it has no label for', () => {
    const rows = Array.from({ length: 200 }, (_, i) => ({ score: i < 50 ? 0.9 : 0.8, different: false }));
    expect(choose(rows, 120)).toMatchObject({ certified: true, answered: 50, errors: 0 });
    expect(choose(rows, 40).certified).toBe(false);
  });

  it('certifies nothing from too few calls, and never a student that abstains', () => {
    expect(choose([], 10)).toMatchObject({ certified: false, labelled: 0 });
    expect(choose(draw(30, 2), 30).certified).toBe(false);
    const abstained = Array.from({ length: 100 }, () => ({ score: Number.NEGATIVE_INFINITY, different: true }));
    expect(choose(abstained, 100)).toMatchObject({ certified: false, labelled: 0 });
  });

  it('keeps its promise in all but a share of delta of the samples; choosing the number of calls afterwards does not', () => {
    // Worse than its scores say, so that the plan is wrong as well.
    const population = draw(50_000, 3, 1.5);
    const isBroken = (threshold: number) =>
      population.filter(({ score, different }) => different && score >= threshold).length > 0.05 * population.length;
    const calls = callsForSurestFirst(scoresOf(draw(1000, 4)), { ...promise, labels: 150 });
    let broken = 0;
    let careless = 0;
    for (let seed = 10; seed < 210; seed++) {
      const rows = draw(1500, seed, 1.5);
      const choice = choose(rows.slice(0, calls), 150);
      if (choice.certified && isBroken(choice.threshold)) broken++;
      const sizes = [150, 180, 220, 270, 330, 400, 480, 600, 1000];
      const choices = sizes.map((size) => choose(rows.slice(0, size), 300));
      const lowest = Math.min(...choices.map((each) => (each.certified ? each.threshold : Number.POSITIVE_INFINITY)));
      if (isBroken(lowest)) careless++;
    }
    // 5 % of 200 are 10; more than 17 has a chance of 1 % for a rule that keeps its promise.
    expect(broken).toBeLessThanOrEqual(17);
    expect(careless).toBeGreaterThan(17);
  });
});

describe('callsForSurestFirst', () => {
  it('draws more calls than there are labels where much is hopeless, and covers more for it', () => {
    const question = { ...promise, labels: 300 };
    const calls = callsForSurestFirst(scoresOf(draw(1000, 5)), question);
    expect(calls).toBeGreaterThan(400);
    const covered = (n: number) => {
      const shares = Array.from({ length: 40 }, (_, seed) => {
        const choice = choose(draw(n, 100 + seed), 300);
        return choice.certified ? choice.answered / n : 0;
      });
      return shares.reduce((sum, share) => sum + share, 0) / shares.length;
    };
    expect(covered(calls)).toBeGreaterThan(covered(300) + 0.02);
  });

  it('draws no more calls than there are labels where nothing is known', () => {
    expect(callsForSurestFirst([], { ...promise, labels: 300 })).toBe(callsThatCount({ n: 300, ...promise }));
  });
});
