import { describe, expect, it } from 'vitest';
import { plotCurve } from './plot-curve.ts';

const curve = [
  { threshold: 0.9, coverage: 0.5, agreement: 1, different: 0 },
  { threshold: 0.1, coverage: 1, agreement: 0.8, different: 0.2 },
];

describe('plotCurve', () => {
  it('falls from the surest calls on the left to all calls on the right', () => {
    const lines = plotCurve(curve, { width: 10, height: 3, certifiedCoverage: 0.7 });
    expect(lines).toEqual([
      'agreement among the answered',
      '  100% |***** |',
      ' 90.0% |      |',
      ' 80.0% |     *****',
      '       +----------',
      expect.stringMatching(/^ {8}0%.*100%$/),
      '        | = certified: 70.0% of the calls',
    ]);
  });

  it('says that there is nothing to draw', () => {
    expect(plotCurve([])).toEqual(['(no rows to draw)']);
  });
});
