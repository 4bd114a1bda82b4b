import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomialInterval } from './binomial-bounds.ts';
import { callsForCertificate, callsForInterval, callsForLikelyCertificate, daysFor } from './plan-sample.ts';

const halfWidthAt = (n: number, share: number, delta: number): number => {
  const { low, high } = binomialInterval({ errors: Math.round(n * share), n, delta });
  return (high - low) / 2;
};

describe('the plan of a sample', () => {
  it('takes 402 calls for half of them within five points, where the normal approximation says 385', () => {
    expect(callsForInterval({ share: 0.5, halfWidth: 0.05, delta: 0.05 })).toBe(402);
  });

  it('gives an interval as narrow as wanted there and for every larger sample, and not just before', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.02, max: 0.3, noNaN: true }),
        (share, halfWidth) => {
          const rare = Math.min(share, 1 - share);
          const n = callsForInterval({ share, halfWidth, delta: 0.05 });
          for (let more = n; more < n + 120; more++)
            expect(halfWidthAt(more, rare, 0.05)).toBeLessThanOrEqual(halfWidth);
          if (n > 1) expect(halfWidthAt(n - 1, rare, 0.05)).toBeGreaterThan(halfWidth);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('asks for as many calls around a share as around its opposite', () => {
    const around = (share: number) => callsForInterval({ share, halfWidth: 0.03, delta: 0.05 });
    expect(around(0.9)).toBe(around(0.1));
    expect(around(0)).toBe(around(1));
  });

  it('knows the fewest calls of a first certificate, and that later looks and errors take more', () => {
    const fewest = (look: number, errors = 0) => callsForCertificate({ epsilon: 0.02, delta: 0.05, look, errors });
    expect(fewest(1)).toBe(173);
    expect([fewest(2), fewest(1, 1)].every((n) => n > 173)).toBe(true);
  });

  it('asks for more calls the likelier the certificate is to come about, and gives up where errors are as many as allowed', () => {
    const likely = (share: number, chance = 0.8) =>
      callsForLikelyCertificate({ epsilon: 0.02, delta: 0.05, look: 1 }, { share, chance });
    expect(likely(0)).toBe(173);
    expect(likely(0.01) ?? 0).toBeGreaterThan(likely(0.005) ?? 0);
    expect(likely(0.01, 0.95) ?? 0).toBeGreaterThan(likely(0.01) ?? 0);
    expect([likely(0.02), likely(0.0199)]).toEqual([null, null]);
  });

  it('turns calls into days at a volume', () => {
    expect(daysFor(400, { perDay: 1000, sampled: 0.05 })).toBe(8);
  });

  it('refuses a share or a width that is none', () => {
    expect(() => callsForInterval({ share: 1.2, halfWidth: 0.05, delta: 0.05 })).toThrow('share is 1.2');
    expect(() => callsForInterval({ share: 0.2, halfWidth: 0, delta: 0.05 })).toThrow('halfWidth is 0');
  });
});
