import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../records/random.ts';
import { BettingCertificate, type BettingState, type WeightedOutcome } from './betting-certificate.ts';
import { callsNeeded } from './binomial-bounds.ts';

const promise = { epsilon: 0.05, delta: 0.05 };
const outcome = fc.record({
  score: fc.integer({ min: 0, max: 20 }).map((step) => step / 20),
  different: fc.double({ min: 0, max: 1, noNaN: true }).map((draw) => draw > 0.93),
});

function watch(outcomes: readonly WeightedOutcome[], certificate = new BettingCertificate(promise)): BettingState {
  for (const row of outcomes) certificate.add(row);
  return certificate.state;
}

/** A student whose answers with a score below one half are different in 3 of 10 calls, and the others in 1 of 100. */
function drawOutcome(random: () => number): WeightedOutcome {
  const score = random();
  return { score, different: random() < (score < 0.5 ? 0.3 : 0.01) };
}

function riskAt(threshold: number): number {
  return Math.max(0, 0.5 - Math.max(0, threshold)) * 0.3 + (1 - Math.max(0.5, threshold)) * 0.01;
}

describe('BettingCertificate', () => {
  it('certifies clean calls after some 1.35 times as many as one look with the exact bound needs', () => {
    const certificate = new BettingCertificate(promise);
    let calls = 0;
    while (!certificate.state.certified) {
      calls++;
      certificate.add({ score: 0.9, different: false });
    }
    const ratio = calls / callsNeeded({ errors: 0, ...promise });
    expect(ratio).toBeGreaterThan(1);
    expect(ratio).toBeLessThan(1.45);
  });

  it('only ever loosens', () => {
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 400 }), (outcomes) => {
        const certificate = new BettingCertificate(promise);
        let threshold = Number.POSITIVE_INFINITY;
        for (const row of outcomes) {
          const state = certificate.add(row);
          if (!state.certified) continue;
          expect(state.threshold).toBeLessThanOrEqual(threshold);
          threshold = state.threshold;
        }
      }),
    );
  });

  it('counts exactly the different answers at or above its threshold', () => {
    fc.assert(
      fc.property(fc.array(outcome, { minLength: 100, maxLength: 400 }), (outcomes) => {
        const state = watch(outcomes);
        if (!state.certified) return;
        const seen = outcomes.slice(0, state.n);
        const errors = seen.filter(({ score, different }) => different && score >= state.threshold).length;
        expect(state.errors).toBe(errors);
      }),
    );
  });

  it('never answers more when one answer turns out different', () => {
    fc.assert(
      fc.property(fc.array(outcome, { minLength: 100, maxLength: 400 }), fc.nat(), (outcomes, pick) => {
        const at = pick % outcomes.length;
        const worse = outcomes.map((row, index) => (index === at ? { ...row, different: true } : row));
        const before = watch(outcomes);
        const after = watch(worse);
        if (after.certified) expect(before.certified && before.threshold <= after.threshold).toBe(true);
      }),
    );
  });

  it('keeps its promise in all but a share of delta of lives, watched at every call of them', () => {
    let broken = 0;
    let certified = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const random = seededRandom(seed);
      const state = watch(Array.from({ length: 800 }, () => drawOutcome(random)));
      if (!state.certified) continue;
      certified++;
      if (riskAt(state.threshold) > promise.epsilon) broken++;
    }
    expect(certified).toBeGreaterThan(150);
    expect(broken).toBeLessThanOrEqual(17);
  });

  it('keeps it too where calls are sampled with different probabilities and carry their weight', () => {
    let broken = 0;
    let certified = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const random = seededRandom(seed);
      const certificate = new BettingCertificate({ ...promise, largestWeight: 4 });
      for (let call = 0; call < 1200; call++) {
        const row = drawOutcome(random);
        const probability = row.score < 0.4 ? 1 : 0.25;
        if (random() < probability) certificate.add({ ...row, weight: 1 / probability });
        else certificate.addUnsampled();
      }
      const { state } = certificate;
      if (!state.certified) continue;
      certified++;
      if (riskAt(state.threshold) > promise.epsilon) broken++;
    }
    expect(certified).toBeGreaterThan(50);
    // 5 % of 100 are 5; more than 10 has a chance of 1 %.
    expect(broken).toBeLessThanOrEqual(10);
  });

  it('never answers equal scores in part, nor a call on which the student abstains', () => {
    const tied = Array.from({ length: 300 }, (_, index) => ({ score: 0.7, different: index % 10 === 0 }));
    expect(watch(tied).certified).toBe(false);
    const abstained = Array.from({ length: 300 }, () => ({ score: Number.NEGATIVE_INFINITY, different: true }));
    expect(watch(abstained).certified).toBe(false);
    const state = watch([...abstained, { score: 0.9, different: false }]);
    expect(state).toMatchObject({ certified: true, threshold: 0.9, errors: 0 });
  });

  it('goes on after a restart as if there had been none', () => {
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 300 }), fc.nat(300), (outcomes, cut) => {
        const before = new BettingCertificate(promise);
        for (const row of outcomes.slice(0, cut)) before.add(row);
        const after = BettingCertificate.from(JSON.parse(JSON.stringify(before)));
        expect(watch(outcomes.slice(cut), after)).toEqual(watch(outcomes));
      }),
    );
  });

  it('refuses a weight above the largest that was announced', () => {
    const certificate = new BettingCertificate({ ...promise, largestWeight: 4 });
    expect(() => certificate.add({ score: 0.5, different: true, weight: 5 })).toThrow(RangeError);
    expect(() => new BettingCertificate({ epsilon: 0, delta: 0.05 })).toThrow(RangeError);
  });
});
