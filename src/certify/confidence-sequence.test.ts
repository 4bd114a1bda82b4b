import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../records/random.ts';
import { betMixture } from './bet-mixture.ts';
import { binomialUpperBound } from './binomial-bounds.ts';
import { anytimeUpperBound, ConfidenceSequence } from './confidence-sequence.ts';

describe('the mixture of bets', () => {
  it('spends all of the starting capital and no more', () => {
    expect(betMixture.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
  });
});

describe('anytimeUpperBound', () => {
  it('pays for being watched all the time: at most 1.5 times the exact bound for 0 to 5 errors in 100 to 1000', () => {
    for (const n of [100, 200, 500, 1000])
      for (let errors = 0; errors <= 5; errors++) {
        const question = { errors, n, delta: 0.05 };
        const ratio = anytimeUpperBound(question) / binomialUpperBound(question);
        expect(ratio).toBeGreaterThan(1);
        expect(ratio).toBeLessThan(1.5);
      }
  });

  it('rises with errors and falls with clean draws', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.nat(), (n, pick) => {
        const errors = pick % n;
        const bound = anytimeUpperBound({ errors, n, delta: 0.05 });
        expect(bound).toBeGreaterThanOrEqual(errors / n);
        expect(anytimeUpperBound({ errors: errors + 1, n, delta: 0.05 })).toBeGreaterThanOrEqual(bound);
        expect(anytimeUpperBound({ errors, n: n + 1, delta: 0.05 })).toBeLessThanOrEqual(bound);
      }),
    );
  });

  it('knows nothing from no draws, or from errors alone', () => {
    expect(anytimeUpperBound({ errors: 0, n: 0, delta: 0.05 })).toBe(1);
    expect(anytimeUpperBound({ errors: 7, n: 7, delta: 0.05 })).toBe(1);
    expect(() => anytimeUpperBound({ errors: 2, n: 1, delta: 0.05 })).toThrow(RangeError);
  });
});

describe('ConfidenceSequence', () => {
  it('ever falls below the true share in at most a share of delta of lives', () => {
    let broken = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const random = seededRandom(seed);
      const sequence = new ConfidenceSequence(0.05);
      for (let draw = 0; draw < 800; draw++) sequence.add(random() < 0.03);
      // It never rises, so looking once at the end sees every earlier failure too.
      if (sequence.upperBound < 0.03) broken++;
    }
    // 5 % of 200 are 10; more than 17 has a chance of 1 %.
    expect(broken).toBeLessThanOrEqual(17);
  });

  it('never rises, and never is above the bound of the present counts', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 80 }), (draws) => {
        const sequence = new ConfidenceSequence(0.05);
        let last = 1;
        for (const isError of draws) {
          sequence.add(isError);
          const { upperBound, errors, n } = sequence;
          expect(upperBound).toBeLessThanOrEqual(last);
          expect(upperBound).toBeLessThanOrEqual(anytimeUpperBound({ errors, n, delta: 0.05 }));
          last = upperBound;
        }
      }),
    );
  });

  it('goes on after a restart as if there had been none', () => {
    const random = seededRandom(5);
    const sequence = new ConfidenceSequence(0.05);
    for (let draw = 0; draw < 300; draw++) sequence.add(random() < 0.1);
    const restored = ConfidenceSequence.from(JSON.parse(JSON.stringify(sequence)));
    restored.add(true);
    sequence.add(true);
    expect(restored.upperBound).toBe(sequence.upperBound);
  });
});
