import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../records/random.ts';
import { BettingAlarm, stakeShare } from './betting-alarm.ts';

const settings = { allowed: 0.02, delta: 0.05 };

/** How many checks until the alarm; null where it is silent throughout. */
function checksUntilAlarm(
  share: number,
  checks: number,
  seed: number,
  alarm = new BettingAlarm(settings),
): number | null {
  const random = seededRandom(seed);
  for (let check = 1; check <= checks; check++) if (alarm.add(random() < share)) return check;
  return null;
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[values.length >> 1] ?? Number.NaN;
}

describe('BettingAlarm', () => {
  it('is raised falsely in at most a share of delta of long lives at the boundary of what is allowed', () => {
    let raised = 0;
    for (let seed = 1; seed <= 200; seed++) if (checksUntilAlarm(0.02, 4000, seed) !== null) raised++;
    // 5 % of 200 are 10; more than 17 has a chance of 1 %.
    expect(raised).toBeLessThanOrEqual(17);
  });

  it('notices 10 % where 2 % are allowed within some 60 checks when fresh and some 110 after 3,000 good ones', () => {
    const fresh: number[] = [];
    const aged: number[] = [];
    for (let seed = 1; seed <= 101; seed++) {
      fresh.push(checksUntilAlarm(0.1, 5000, seed) ?? 5000);
      const alarm = new BettingAlarm(settings);
      if (checksUntilAlarm(0.01, 3000, 1000 + seed, alarm) === null)
        aged.push(checksUntilAlarm(0.1, 5000, seed, alarm) ?? 5000);
    }
    expect(median(fresh)).toBeLessThan(75);
    expect(median(aged)).toBeLessThan(135);
  });

  it('never stakes more than it has, however many errors there are', () => {
    let staked = 0;
    for (let j = 1; j <= 1_000_000; j++) staked += stakeShare(j);
    expect(staked).toBeLessThanOrEqual(1);
  });

  it('is a fair bet at the boundary: capital and unspent stakes are expected to stay', () => {
    // All sequences of 9 checks, weighted with their probability at the boundary, instead of a sample of them.
    const allowed = 0.3;
    let expected = 0;
    for (let bits = 0; bits < 512; bits++) {
      const alarm = new BettingAlarm({ allowed, delta: 0.05 });
      let probability = 1;
      let stakes = 0.3;
      for (let check = 0; check < 9; check++) {
        const isError = ((bits >> check) & 1) === 1;
        probability *= isError ? allowed : 1 - allowed;
        if (check > 0 && alarm.toJSON().isSuspicious) stakes += 0.7 * stakeShare(alarm.toJSON().stakes + 1);
        alarm.add(isError);
      }
      expected += probability * (alarm.capital + 1 - stakes);
    }
    expect(expected).toBeCloseTo(1, 9);
  });

  it('stays raised', () => {
    const alarm = new BettingAlarm(settings);
    for (let check = 0; check < 5; check++) alarm.add(true);
    for (let check = 0; check < 5000; check++) alarm.add(false);
    expect(alarm.isRaised).toBe(true);
    expect(alarm.capital).toBeLessThan(20);
  });

  it('goes on after a restart as if there had been none', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60 }), fc.nat(60), (checks, cut) => {
        const whole = new BettingAlarm(settings);
        let halves = new BettingAlarm(settings);
        for (const [index, isError] of checks.entries()) {
          if (index === cut) halves = BettingAlarm.from(JSON.parse(JSON.stringify(halves)));
          expect(halves.add(isError)).toBe(whole.add(isError));
        }
        expect(halves.toJSON()).toEqual(whole.toJSON());
      }),
    );
  });

  it('refuses settings under which nothing could be said', () => {
    expect(() => new BettingAlarm({ allowed: 0, delta: 0.05 })).toThrow(RangeError);
    expect(() => new BettingAlarm({ allowed: 0.02, delta: 1 })).toThrow(RangeError);
  });
});
