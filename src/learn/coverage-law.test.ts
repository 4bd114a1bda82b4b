import { describe, expect, it } from 'vitest';
import { coverageAt, coverageOf, learnSelectivity } from './coverage-law.ts';

const outcome = (score: number, agrees: boolean) => ({ score, agrees });

describe('coverageAt', () => {
  it('answers from the surest down, as long as no more differ than may', () => {
    const rows = [0.9, 0.8, 0.7, 0.6].map((score) => outcome(score, score !== 0.7));
    expect(coverageAt(rows, 0.25)).toBe(1);
    expect(coverageAt(rows, 0.2)).toBe(0.5);
  });

  it('does not cut between rows of the same score', () => {
    expect(coverageAt([outcome(0.9, true), outcome(0.5, true), outcome(0.5, false)], 0.1)).toBeCloseTo(1 / 3);
  });

  it('is 0 where the surest row differs, and for no rows', () => {
    expect(coverageAt([outcome(0.9, false), outcome(0.8, true)], 0.1)).toBe(0);
    expect(coverageAt([], 0.1)).toBe(0);
  });
});

describe('coverageOf', () => {
  it('is everything where no more differ than may, and shrinks as errors grow', () => {
    const { log } = learnSelectivity([], 0.05);
    const coverages = [0.03, 0.05, 0.1, 0.2, 0.4, 0.8].map((errors) => coverageOf(errors, log, 0.05));
    expect(coverages.slice(0, 2)).toEqual([1, 1]);
    expect(coverages).toEqual([...coverages].sort((a, b) => b - a));
    expect(coverages.at(-1)).toBeGreaterThan(0);
  });

  it('gives back what was measured, the more exactly the more rows were judged', () => {
    const measured = { errors: 0.2, coverage: 0.5 };
    const distances = [50, 500, 50_000].map((judged) => {
      const { log } = learnSelectivity([{ ...measured, judged }], 0.05);
      return Math.abs(coverageOf(0.2, log, 0.05) - measured.coverage);
    });
    expect(distances).toEqual([...distances].sort((a, b) => b - a));
    expect(distances[2]).toBeLessThan(0.04);
  });

  it('learns nothing from sizes at which all or nothing is answered', () => {
    const unknown = learnSelectivity([], 0.05);
    const points = [
      { errors: 0.02, coverage: 1, judged: 1000 },
      { errors: 0.9, coverage: 0, judged: 1000 },
    ];
    expect(learnSelectivity(points, 0.05)).toEqual(unknown);
  });
});
