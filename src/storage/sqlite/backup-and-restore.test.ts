import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../records/random.ts';
import { openMemoryStore } from '../memory/open-memory-store.ts';
import { openDatabase } from '../open-database.ts';
import { call } from '../some-call.contract.ts';
import type { Store } from '../store.ts';
import { openSqliteStore } from './open-sqlite-store.ts';
import { restoreFolder } from './restore-folder.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rightsize-backup-'));
  file = join(folder, 'backup');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function addCalls(store: Store, from: number, to: number): Promise<void> {
  const calls = Array.from({ length: to - from }, (_, index) => call({ id: `c${from + index}` }));
  await store.calls.append(calls.map((one) => ({ call: one, route: null, match: null })));
}

async function countIn(place: string): Promise<number> {
  const store = await openSqliteStore(place, { readOnly: true });
  try {
    return await store.calls.count();
  } finally {
    await store.close();
  }
}

/** A backup of a store of 300 calls. */
async function makeBackup(): Promise<void> {
  const store = await openSqliteStore(join(folder, 'from'));
  await addCalls(store, 0, 300);
  await store.backup(file);
  await store.close();
}

describe('backup', () => {
  it('is whole while the store is being written', async () => {
    const store = await openSqliteStore(join(folder, 'from'));
    await addCalls(store, 0, 300);
    await store.state.set('stage', 'live');
    const writing = (async () => {
      for (let start = 300; start < 900; start += 50) await addCalls(store, start, start + 50);
    })();
    await Promise.all([store.backup(file), writing]);
    await store.close();
    const { calls } = await restoreFolder(file, join(folder, 'to'));
    expect(calls).toBeGreaterThanOrEqual(300);
    // Batches of fifty are in it whole or not at all.
    expect(calls % 50).toBe(0);
    const restored = await openSqliteStore(join(folder, 'to'));
    for await (const { call: one } of restored.calls.scan()) expect(one).toEqual(call({ id: one.id }));
    expect(await restored.state.get('stage')).toBe('live');
    await restored.close();
  });

  it('replaces an older one when it is complete, and leaves nothing beside it', async () => {
    await makeBackup();
    const store = await openSqliteStore(join(folder, 'from'));
    await addCalls(store, 300, 400);
    await store.backup(file);
    await store.close();
    expect((await restoreFolder(file, join(folder, 'to'))).calls).toBe(400);
    expect(readdirSync(folder).sort()).toEqual(['backup', 'from', 'to']);
  });

  it('keeps the older one when it is interrupted or cannot be written', async () => {
    await makeBackup();
    const before = readFileSync(file);
    const store = await openSqliteStore(join(folder, 'from'));
    await expect(store.backup(file, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    await expect(store.backup(join(folder, 'none', 'backup'))).rejects.toThrow(/none/);
    await store.close();
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['backup', 'from']);
  });

  it('stops in the middle when it is told to', async () => {
    const store = await openSqliteStore(join(folder, 'from'));
    await store.students.put({
      id: 's',
      task: 't',
      version: 'v',
      createdAt: 1,
      details: {},
      bytes: new Uint8Array(9e6),
    });
    const controller = new AbortController();
    const backup = store.backup(file, controller.signal);
    controller.abort(new Error('stopped'));
    await expect(backup).rejects.toThrow('stopped');
    expect(readdirSync(folder)).toEqual(['from']);
    await store.close();
  });

  it('opens as a database too', async () => {
    await makeBackup();
    const database = await openDatabase(file, { readOnly: true });
    expect(database.prepare('SELECT count(*) AS calls FROM calls').get()?.calls).toBe(300);
    database.close();
  });

  it('takes a store from memory to a folder', async () => {
    const store = openMemoryStore();
    await addCalls(store, 0, 600);
    await store.gold.put([{ callId: 'c1', task: 't', answer: 'old', at: 1 }]);
    await store.tasks.put([
      { id: 't', name: 't', tenant: 'shop', kind: 'group', shape: { kind: 'free-text', why: 'chat' }, versions: [] },
    ]);
    const frozen = await store.gold.freeze('t', 5);
    await store.gold.put([{ callId: 'c1', task: 't', answer: 'new', at: 6 }]);
    await store.students.put({
      id: 's',
      task: 't',
      version: 'v',
      createdAt: 1,
      details: {},
      bytes: new Uint8Array([1]),
    });
    await store.backup(file);
    await restoreFolder(file, join(folder, 'to'));
    const restored = await openSqliteStore(join(folder, 'to'));
    expect(await restored.calls.list({ limit: 1000 })).toEqual(await store.calls.list({ limit: 1000 }));
    expect(await restored.gold.sets('t')).toEqual([frozen]);
    expect(await restored.gold.list('t')).toMatchObject([{ answer: 'new' }]);
    expect((await restored.students.get('s'))?.bytes).toHaveLength(1);
    await restored.close();
  });
});

describe('restore', () => {
  it('refuses a backup of which any byte was changed or is missing, and keeps the folder', async () => {
    await makeBackup();
    const whole = readFileSync(file);
    const to = join(folder, 'to');
    const store = await openSqliteStore(to);
    await addCalls(store, 0, 7);
    await store.close();
    const random = seededRandom(7);
    const damages: readonly (() => void)[] = [
      ...Array.from({ length: 12 }, () => () => flipBit(whole, Math.floor(random() * whole.length))),
      () => flipBit(whole, whole.length - 5),
      () => truncateSync(file, Math.floor(whole.length / 2)),
      () => truncateSync(file, whole.length - 1),
      () => truncateSync(file, 10),
      () => truncateSync(file, 0),
      () => appendFileSync(file, 'more'),
    ];
    for (const damage of damages) {
      writeFileSync(file, whole);
      damage();
      await expect(restoreFolder(file, to)).rejects.toMatchObject({ code: 'store_damaged' });
      expect(await countIn(to)).toBe(7);
    }
    expect(existsSync(join(to, 'restoring.db'))).toBe(false);
  });

  function flipBit(whole: Buffer, place: number): void {
    const copy = Buffer.from(whole);
    copy[place] = (copy[place] ?? 0) ^ 4;
    writeFileSync(file, copy);
  }

  it('says when there is no such file, or the folder is in use', async () => {
    await expect(restoreFolder(file, join(folder, 'to'))).rejects.toMatchObject({ code: 'file_not_found' });
    await makeBackup();
    const store = await openSqliteStore(join(folder, 'to'));
    await expect(restoreFolder(file, join(folder, 'to'))).rejects.toMatchObject({ code: 'folder_in_use' });
    await store.close();
  });

  it('changes nothing when it is interrupted before its last step', async () => {
    await makeBackup();
    const stopped = restoreFolder(file, join(folder, 'to'), AbortSignal.abort(new Error('stopped')));
    await expect(stopped).rejects.toThrow('stopped');
    expect(readdirSync(join(folder, 'to'))).toEqual(['lock.db']);
  });

  it('is not misled by what a killed restore left behind', async () => {
    await makeBackup();
    const to = join(folder, 'to');
    mkdirSync(to);
    for (const end of ['', '-wal', '-shm', '-journal']) writeFileSync(join(to, `restoring.db${end}`), 'left behind');
    await restoreFolder(file, to);
    expect(readdirSync(to).sort()).toEqual(['lock.db', 'rightsize.db']);
    expect(await countIn(to)).toBe(300);
  });
});
