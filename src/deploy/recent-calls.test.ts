import { describe, expect, it } from 'vitest';
import { RecentCalls } from './recent-calls.ts';

const minute = 60_000;

describe('a recent call', () => {
  it('is remembered for ten minutes, slot by slot', () => {
    const recent = new RecentCalls();
    recent.add(['a', 'b'], 0);
    expect(recent.has(['a', 'b'], 10 * minute)).toBe(true);
    expect(recent.has(['a', 'b'], 10 * minute + 1)).toBe(false);
    expect([recent.has(['ab'], 1), recent.has(['a b'], 1), recent.has(['b', 'a'], 1)]).toEqual([false, false, false]);
  });

  it('is remembered from its latest answer on', () => {
    const recent = new RecentCalls();
    recent.add(['a'], 0);
    recent.add(['a'], 9 * minute);
    expect(recent.has(['a'], 15 * minute)).toBe(true);
  });

  it('is remembered when the clock runs backwards a little, and forgotten when it jumps', () => {
    const recent = new RecentCalls();
    recent.add(['a'], 100 * minute);
    expect([recent.has(['a'], 95 * minute), recent.has(['a'], 0)]).toEqual([true, false]);
  });

  it('gives way to the ten thousand after it', () => {
    const recent = new RecentCalls();
    for (let i = 0; i <= 10_000; i++) recent.add([`call ${i}`], 0);
    expect([recent.has(['call 0'], 0), recent.has(['call 1'], 0), recent.has(['call 10000'], 0)]).toEqual([
      false,
      true,
      true,
    ]);
  });
});
