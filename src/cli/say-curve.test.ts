import { describe, expect, it } from 'vitest';
import { describeCurve, drawCurveBars } from './say-curve.ts';

const probe = {
  sizes: [
    { rows: 100, agreement: 0.5, coverage: 0.2, judged: 700 },
    { rows: 800, agreement: 0.75, coverage: 0.5, judged: 800 },
  ],
  forecasts: [
    {
      times: 2,
      rows: 1600,
      agreement: { share: 0.8, low: 0.775, high: 0.85 },
      coverage: { share: 0.61, low: 0.5, high: 0.7 },
    },
  ],
};

describe('describeCurve', () => {
  it('says what more calls would bring, with its band', () => {
    const text = describeCurve(probe, 0.02);
    expect(text).toContain('2× the calls (1600 trained) about 80% (78 to 85) agreement, 61% (50 to 70) of the calls');
    expect(text).toContain('2.0% of all differ');
  });
});

describe('drawCurveBars', () => {
  it('draws measured sizes as bars, and what is expected with the width of its band', () => {
    expect(drawCurveBars(probe)).toEqual([
      'agreement by calls trained',
      `     100 |${'#'.repeat(20).padEnd(40)}| 50.0%`,
      `     800 |${'#'.repeat(30).padEnd(40)}| 75.0%`,
      `    1600 |${`${'#'.repeat(31)}---`.padEnd(40)}| 80% (78 to 85) expected`,
    ]);
  });
});
