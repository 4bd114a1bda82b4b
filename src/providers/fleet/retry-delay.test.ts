import { describe, expect, it } from 'vitest';
import { retryDelay } from './retry-delay.ts';
import { retryHint } from './retry-hint.ts';

const question = { retry: 1, baseMs: 100, longestWaitMs: 10_000, askedMs: 0, draw: 0.5 };

describe('retryDelay', () => {
  it('R4: is at least 1 ms and at most the longest wait, through 42 retries at either end of the draw', () => {
    for (let retry = 1; retry <= 42; retry++)
      for (const draw of [0, 0.5, 1 - Number.EPSILON]) {
        const delay = retryDelay({ ...question, retry, draw });
        expect(delay).toBeGreaterThanOrEqual(1);
        expect(delay).toBeLessThanOrEqual(10_000);
      }
  });

  it('doubles what is drawn from', () => {
    expect([1, 2, 3].map((retry) => retryDelay({ ...question, retry }))).toEqual([50, 100, 200]);
  });

  it('R5: spreads a thousand retries so that no 10 ms hold more than 5 % of them', () => {
    const buckets = new Map<number, number>();
    for (let caller = 0; caller < 1_000; caller++) {
      const delay = retryDelay({ ...question, baseMs: 500, draw: (caller + 0.5) / 1_000 }) ?? 0;
      buckets.set(Math.floor(delay / 10), (buckets.get(Math.floor(delay / 10)) ?? 0) + 1);
    }
    expect(Math.max(...buckets.values())).toBeLessThanOrEqual(50);
  });

  it('R2: waits out what the upstream asked for, and not at all where that is too long', () => {
    expect(retryDelay({ ...question, askedMs: 2_000, draw: 0 })).toBeGreaterThanOrEqual(2_000);
    expect(retryDelay({ ...question, askedMs: 10_001 })).toBeNull();
  });
});

describe('retryHint', () => {
  const noon = Date.parse('2026-11-25T12:00:00Z');

  it.each([
    [{ 'retry-after': '2' }, 2_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Wed, 25 Nov 2026 12:00:03 GMT' }, 3_000],
    [{ 'retry-after': 'Wed, 25 Nov 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '750', 'retry-after': '1' }, 750],
    [{ 'retry-after-ms': 'soon', 'retry-after': '1' }, 1_000],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': '-5' }, null],
    [{}, null],
  ])('R2: reads %j', (headers, milliseconds) => {
    expect(retryHint(headers, noon)).toBe(milliseconds);
  });
});
