import { describe, expect, it } from 'vitest';
import { forecastShares } from './forecast-curve.ts';

/** A curve 0.05 + 0.55 · (1 + rows / 100)^−0.7, with points at these sizes. */
const lawAt = (rows: number): number => 0.05 + 0.55 * (1 + rows / 100) ** -0.7;

function question(rows: number, { sizes = [100, 200, 400, 800], error = 0.01, levelError = 0.01 } = {}) {
  return { points: sizes.map((size) => ({ rows: size, share: lawAt(size), error })), start: 0.6, rows, levelError };
}

const middle = (shares: readonly number[]): number => shares[Math.floor(shares.length / 2)] ?? Number.NaN;
const width = (shares: readonly number[]): number => (shares.at(-2) ?? 0) - (shares[1] ?? 0);

describe('forecastShares', () => {
  it('goes on with a power law near to where that law goes', () => {
    for (const rows of [1600, 3200]) {
      const shares = forecastShares(question(rows));
      expect(Math.abs(middle(shares) - lawAt(rows))).toBeLessThan(0.02);
      expect(shares[1]).toBeLessThan(lawAt(rows));
      expect(shares.at(-2)).toBeGreaterThan(lawAt(rows));
    }
  });

  it('is surer of what is near than of what is far, and of exact points than of loose ones', () => {
    const near = width(forecastShares(question(1600)));
    expect(width(forecastShares(question(6400)))).toBeGreaterThan(near);
    expect(width(forecastShares(question(1600, { error: 0.05, levelError: 0.05 })))).toBeGreaterThan(near);
  });

  it('expects nothing of rows that brought nothing', () => {
    const points = [50, 100, 200, 400].map((rows) => ({ rows, share: 0.5, error: 0.02 }));
    expect(middle(forecastShares({ points, start: 0.5, rows: 1600, levelError: 0.02 }))).toBeGreaterThan(0.42);
  });

  it('stays between 0 and 1, in order, whatever the points', () => {
    for (const share of [0, 1])
      for (const start of [0, 0.5, 1]) {
        const points = [{ rows: 20, share, error: 0 }];
        const shares = forecastShares({ points, start, rows: 80, levelError: 0 });
        expect(shares).toEqual([...shares].sort((a, b) => a - b));
        for (const each of shares) expect(each >= 0 && each <= 1).toBe(true);
      }
  });
});
