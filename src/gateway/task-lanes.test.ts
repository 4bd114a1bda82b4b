import { describe, expect, it } from 'vitest';
import { TaskLanes } from './task-lanes.ts';

/** A lane's wait that a test ends. */
function gate() {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('lanes', () => {
  it('keep the order within a lane while others pass', async () => {
    const done: string[] = [];
    const { opened, open } = gate();
    let block: Promise<void> | null = null;
    const lanes = new TaskLanes<string>(
      (item) => {
        done.push(item);
        if (item === 'a1') block = opened;
      },
      (lane) => (lane === 'a' ? block : null),
    );
    lanes.push('a', 'a1');
    lanes.push('a', 'a2');
    lanes.push('b', 'b1');
    lanes.push(null, 'free');
    lanes.push('a', 'a3');
    expect([done, lanes.waiting]).toEqual([['a1', 'b1', 'free'], 2]);
    block = null;
    open();
    await lanes.drained();
    expect([done, lanes.waiting]).toEqual([['a1', 'b1', 'free', 'a2', 'a3'], 0]);
  });

  it('hold back an item whose lane is blocked already', async () => {
    const done: string[] = [];
    const { opened, open } = gate();
    let block: Promise<void> | null = opened;
    const lanes = new TaskLanes<string>(
      (item) => void done.push(item),
      () => block,
    );
    lanes.push('a', 'a1');
    expect([done, lanes.waiting]).toEqual([[], 1]);
    block = null;
    open();
    await lanes.drained();
    expect(done).toEqual(['a1']);
  });

  it('stay blocked when one wait ends and another has begun', async () => {
    const done: string[] = [];
    const [first, second] = [gate(), gate()];
    const blocks = [first.opened, second.opened];
    const lanes = new TaskLanes<string>(
      (item) => void done.push(item),
      () => blocks[0] ?? null,
    );
    lanes.push('a', 'a1');
    first.open();
    blocks.shift();
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toEqual([]);
    blocks.shift();
    second.open();
    await lanes.drained();
    expect(done).toEqual(['a1']);
  });

  it('tell what the work threw to whoever waits or pushes next, even long after', async () => {
    let block: Promise<void> | null = Promise.resolve();
    const lanes = new TaskLanes<string>(
      () => {
        throw new Error('no room');
      },
      () => block,
    );
    lanes.push('a', 'a1');
    block = null;
    await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(lanes.drained()).rejects.toThrow('no room');
    expect(() => lanes.push(null, 'later')).toThrow('no room');
  });

  it('keep the order also of work that takes time, and throw what went wrong in it', async () => {
    const done: string[] = [];
    const lanes = new TaskLanes<string>(
      (item) => {
        if (item.startsWith('now')) return void done.push(item);
        return new Promise((resolve, reject) =>
          setTimeout(() => (item === 'bad' ? reject(new Error('bad')) : resolve(void done.push(item))), 5),
        );
      },
      () => null,
    );
    for (const item of ['later 1', 'now 2', 'later 3', 'now 4']) lanes.push('a', item);
    lanes.push('b', 'now b');
    expect(done).toEqual(['now b']);
    await lanes.drained();
    expect(done).toEqual(['now b', 'later 1', 'now 2', 'later 3', 'now 4']);
    lanes.push('a', 'bad');
    await expect(lanes.drained()).rejects.toThrow('bad');
  });
});
