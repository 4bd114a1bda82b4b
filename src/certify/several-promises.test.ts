import { describe, expect, it } from 'vitest';
import { brokenByChance, deltaOfTask } from './several-promises.ts';

describe('several promises', () => {
  it('expect a share of delta broken by chance, and say from where on it is no chance any more', () => {
    // scipy: binom.ppf(0.95, 100, 0.05) is 9, binom.ppf(0.95, 12, 0.05) is 2.
    expect(brokenByChance({ certificates: 100, delta: 0.05 })).toEqual({ expected: 5, atMost: 9 });
    expect(brokenByChance({ certificates: 12, delta: 0.05 }).atMost).toBe(2);
    expect(brokenByChance({ certificates: 0, delta: 0.05 })).toEqual({ expected: 0, atMost: 0 });
  });

  it('share one delta between them when it has to hold for all together', () => {
    expect(deltaOfTask(0.05, 10) * 10).toBeCloseTo(0.05, 12);
    expect(() => deltaOfTask(0.05, 0)).toThrow(RangeError);
  });
});
