import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RightsizeError } from '../errors.ts';
import type { StoredCall } from '../storage/call-store.ts';
import { call } from '../storage/some-call.contract.ts';
import { createWriteBehind } from './write-behind.ts';

function stored(id: string): StoredCall {
  return { call: call({ id }), route: null, match: null };
}

/** A store that can be told to fail. */
function scriptedStore() {
  const batches: string[][] = [];
  const script = {
    batches,
    fail: null as null | ((ids: readonly string[]) => unknown),
    async append(calls: readonly StoredCall[]): Promise<number> {
      const ids = calls.map(({ call: { id } }) => id);
      const error = script.fail?.(ids);
      if (error) throw error;
      batches.push(ids);
      return ids.length;
    },
  };
  return script;
}

const diskFull = () => new RightsizeError('disk_full', 'full');

describe('write-behind', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('stores a batch when it is full, and what is left after a moment', async () => {
    const calls = scriptedStore();
    const queue = createWriteBehind({ calls, batch: 3, delayMs: 50 });
    for (const id of ['a', 'b', 'c', 'd']) queue.add(stored(id));
    await vi.advanceTimersByTimeAsync(0);
    expect(calls.batches).toEqual([['a', 'b', 'c']]);
    await vi.advanceTimersByTimeAsync(50);
    expect(calls.batches).toEqual([['a', 'b', 'c'], ['d']]);
    expect(queue.counts).toEqual({ queued: 0, written: 4, dropped: 0, failures: 0 });
  });

  it('stores everything when it is closed, and takes nothing afterwards', async () => {
    const calls = scriptedStore();
    const queue = createWriteBehind({ calls, batch: 2 });
    for (const id of ['a', 'b', 'c', 'd', 'e']) queue.add(stored(id));
    await queue.close();
    queue.add(stored('late'));
    expect(calls.batches.flat()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(queue.counts).toMatchObject({ written: 5, dropped: 1 });
  });

  it('keeps calls through a full disk, tells it once, and recovers by itself', async () => {
    const calls = scriptedStore();
    const told: unknown[] = [];
    const queue = createWriteBehind({ calls, onProblem: (problem) => told.push(problem) });
    calls.fail = diskFull;
    queue.add(stored('a'));
    await vi.advanceTimersByTimeAsync(2_000);
    queue.add(stored('b'));
    expect(told).toMatchObject([{ code: 'disk_full' }]);
    expect(queue.counts.failures).toBeGreaterThan(2);
    calls.fail = null;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(calls.batches.flat()).toEqual(['a', 'b']);
    expect(told).toMatchObject([{ code: 'disk_full' }, null]);
    expect(queue.counts).toMatchObject({ queued: 0, written: 2, dropped: 0 });
  });

  it('drops and counts what no longer fits', async () => {
    const calls = scriptedStore();
    calls.fail = diskFull;
    const queue = createWriteBehind({ calls, capacity: 3, batch: 2 });
    for (const id of ['a', 'b', 'c', 'd', 'e']) queue.add(stored(id));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(queue.counts).toMatchObject({ queued: 3, dropped: 2 });
    calls.fail = null;
    await queue.flush();
    expect(calls.batches.flat()).toEqual(['a', 'b', 'c']);
  });

  it('does not let large calls take all the memory while they wait', async () => {
    const calls = scriptedStore();
    calls.fail = diskFull;
    const queue = createWriteBehind({ calls, capacityCharacters: 10_000 });
    const large = (id: string): StoredCall => {
      const request = { model: 'm', messages: [{ role: 'user', content: 'x'.repeat(6_000) }] };
      return { call: call({ id, request }), route: null, match: null };
    };
    for (const id of ['a', 'b']) queue.add(large(id));
    queue.add(stored('c'));
    expect(queue.counts).toMatchObject({ queued: 2, dropped: 1 });
    calls.fail = null;
    await queue.flush();
    queue.add(large('d'));
    await queue.flush();
    expect(calls.batches.flat()).toEqual(['a', 'c', 'd']);
  });

  it('does not let one call that the store refuses keep the others out', async () => {
    const calls = scriptedStore();
    const told: unknown[] = [];
    calls.fail = (ids) => (ids.includes('bad') ? new TypeError('cannot be stored') : null);
    const queue = createWriteBehind({ calls, onProblem: (problem) => told.push(problem) });
    for (const id of ['a', 'bad', 'c']) queue.add(stored(id));
    await queue.flush();
    expect(calls.batches.flat()).toEqual(['a', 'c']);
    expect(queue.counts).toEqual({ queued: 0, written: 2, dropped: 1, failures: 1 });
    expect(told).toEqual([new TypeError('cannot be stored')]);
  });

  it('R15: is not held up by a store that never answers: calls wait up to the cap, and closing ends', async () => {
    const dropping: boolean[] = [];
    const append = () => new Promise<number>(() => {});
    const queue = createWriteBehind({
      calls: { append },
      capacity: 4,
      closeWithinMs: 1_000,
      onDropping: (isDropping) => dropping.push(isDropping),
    });
    const taken = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => queue.add(stored(id)));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(taken).toEqual([true, true, true, true, false, false]);
    expect(queue.counts).toEqual({ queued: 4, written: 0, dropped: 2, failures: 0 });
    const closed = queue.close();
    await vi.advanceTimersByTimeAsync(1_000);
    await closed;
    expect(queue.counts).toMatchObject({ queued: 0, dropped: 6 });
    expect(dropping).toEqual([true]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('R16: tells ten thousand failures and drops in a few words, and keeps no more than its cap', async () => {
    const calls = scriptedStore();
    calls.fail = diskFull;
    const told: unknown[] = [];
    const queue = createWriteBehind({
      calls,
      capacity: 50,
      batch: 10,
      onProblem: (problem) => told.push(problem),
      onDropping: (isDropping) => told.push(isDropping),
    });
    for (let index = 0; index < 10_000; index++) {
      queue.add(stored(`c${index}`));
      if (index % 500 === 0) await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(queue.counts).toMatchObject({ queued: 50, dropped: 9_950, written: 0 });
    expect(told).toEqual([expect.objectContaining({ code: 'disk_full' }), true]);
    calls.fail = null;
    await vi.advanceTimersByTimeAsync(60_000);
    queue.add(stored('after'));
    await queue.flush();
    expect(queue.counts).toMatchObject({ queued: 0, written: 51, dropped: 9_950 });
    expect(told.slice(2)).toEqual([null, false]);
  });

  it('closes while the disk is full, counting what is lost', async () => {
    const calls = scriptedStore();
    calls.fail = diskFull;
    const queue = createWriteBehind({ calls });
    queue.add(stored('a'));
    await queue.close();
    expect(queue.counts).toMatchObject({ queued: 0, written: 0, dropped: 1 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('never throws into its caller, even when the one who is told does', async () => {
    const calls = scriptedStore();
    calls.fail = diskFull;
    const queue = createWriteBehind({
      calls,
      onProblem: () => {
        throw new Error('no one listens');
      },
    });
    expect(() => queue.add(stored('a'))).not.toThrow();
    await expect(queue.flush()).resolves.toBeUndefined();
  });
});
