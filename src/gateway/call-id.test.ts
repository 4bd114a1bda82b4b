import { describe, expect, it } from 'vitest';
import { newCallId } from './call-id.ts';

describe('the id of a call', () => {
  it('is a UUID of version 7 that sorts by time', () => {
    const ids = [1, 1_000, Date.now(), Date.now() + 1].map((at) => newCallId(at));
    expect([...ids].sort()).toEqual(ids);
    for (const id of ids) expect(id).toMatch(/^call_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  });

  it('comes once, however many calls a millisecond has', () => {
    expect(new Set(Array.from({ length: 10_000 }, () => newCallId(1))).size).toBe(10_000);
  });
});
