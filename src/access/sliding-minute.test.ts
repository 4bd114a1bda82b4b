import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlidingMinute } from './sliding-minute.ts';

/** Steps of a clock that never jumps, in milliseconds, each with what somebody wants to take. */
const requests = fc.array(fc.record({ stepMs: fc.nat(40_000), amount: fc.integer({ min: 1, max: 5 }) }), {
  maxLength: 200,
});

function filled(wanted: readonly { readonly stepMs: number; readonly amount: number }[]) {
  const minute = new SlidingMinute();
  let at = 0;
  for (const { stepMs, amount } of wanted) {
    at += stepMs % 2_000;
    minute.add(amount, at);
  }
  return { minute, at };
}

describe('the last sixty seconds', () => {
  it('never hold more than the limit and the one request that reached it, wherever a minute begins', () => {
    fc.assert(
      fc.property(requests, fc.integer({ min: 1, max: 20 }), fc.nat(10_000_000), (wanted, most, startsAt) => {
        const minute = new SlidingMinute();
        const taken: { at: number; amount: number }[] = [];
        let at = startsAt;
        for (const { stepMs, amount } of wanted) {
          at += stepMs;
          if (minute.taken(at) >= most) continue;
          minute.add(amount, at);
          taken.push({ at, amount });
        }
        for (const last of taken) {
          const inMinute = taken.filter((one) => one.at > last.at - 60_000 && one.at < last.at);
          expect(inMinute.reduce((sum, { amount }) => sum + amount, 0)).toBeLessThan(most);
        }
      }),
    );
  });

  it('say how long to wait: until then nothing is left, from then on something is', () => {
    fc.assert(
      fc.property(requests, fc.integer({ min: 1, max: 20 }), (wanted, most) => {
        const { minute, at } = filled(wanted);
        const waitMs = minute.waitMs(most, at);
        expect(waitMs).toBeLessThanOrEqual(61_000);
        if (waitMs > 0) expect(filled(wanted).minute.taken(at + waitMs - 1)).toBeGreaterThanOrEqual(most);
        expect(minute.taken(at + waitMs)).toBeLessThan(most);
      }),
    );
  });

  it('are empty a minute after the last request, and say so', () => {
    const minute = new SlidingMinute();
    minute.add(3, 10_500);
    expect(minute.resetMs(10_500)).toBe(60_500);
    expect(minute.taken(70_999)).toBe(3);
    expect(minute.taken(71_000)).toBe(0);
    expect(minute.resetMs(71_000)).toBe(0);
  });

  it('take a correction while the second it is for is inside, and none afterwards', () => {
    const minute = new SlidingMinute();
    const second = minute.add(100, 5_000);
    minute.adjust(second, -60, 30_000);
    expect(minute.taken(30_000)).toBe(40);
    minute.adjust(second, -40, 90_000);
    expect(minute.taken(90_000)).toBe(0);
  });

  it('count what comes with an older time as now', () => {
    const minute = new SlidingMinute();
    minute.add(1, 100_000);
    minute.add(1, 20_000);
    expect(minute.taken(100_000)).toBe(2);
    expect(minute.taken(161_000)).toBe(0);
  });
});
