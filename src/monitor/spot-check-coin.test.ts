import { describe, expect, it } from 'vitest';
import { SpotCheckCoin } from './spot-check-coin.ts';

const day = 86_400_000;

/** Calls at the beginning of a day; the share that held at its end. */
function pass(coin: SpotCheckCoin, calls: number, at: number): number {
  let share = Number.NaN;
  for (let i = 0; i < calls; i++) share = coin.shareAt(at + i);
  return share;
}

describe('the coin of the spot checks', () => {
  it('falls with the share that was set while the day before was quiet', () => {
    const coin = new SpotCheckCoin({ share: 0.05, perDay: 200 });
    expect([pass(coin, 1000, 0), pass(coin, 1000, day), pass(coin, 10, 2 * day)]).toEqual([0.05, 0.05, 0.05]);
  });

  it('brings no more than the ceiling on a day like the one before', () => {
    const coin = new SpotCheckCoin({ share: 0.05, perDay: 200 });
    expect(pass(coin, 10_000, 0)).toBe(0.05);
    expect(pass(coin, 20_000, day) * 10_000).toBeCloseTo(200);
    expect(pass(coin, 100, 2 * day) * 20_000).toBeCloseTo(200);
    expect(pass(coin, 1, 3 * day)).toBe(0.05);
  });

  it('is fixed for the whole day, so that it never depends on what the calls say', () => {
    const coin = new SpotCheckCoin({ share: 0.5, perDay: 10 });
    pass(coin, 100, 0);
    const shares = Array.from({ length: 500 }, (_, i) => coin.shareAt(day + i * 1000));
    expect(new Set(shares)).toEqual(new Set([0.1]));
  });

  it('starts afresh after a day without calls', () => {
    const coin = new SpotCheckCoin({ share: 0.5, perDay: 10 });
    pass(coin, 100, 0);
    expect(coin.shareAt(2 * day)).toBe(0.5);
  });

  it('stays as it is when the clock runs backwards', () => {
    const coin = new SpotCheckCoin({ share: 0.5, perDay: 10 });
    pass(coin, 100, 0);
    expect(coin.shareAt(day)).toBe(0.1);
    expect([coin.shareAt(0), coin.shareAt(-5 * day), coin.shareAt(day + 1)]).toEqual([0.1, 0.1, 0.1]);
  });
});
