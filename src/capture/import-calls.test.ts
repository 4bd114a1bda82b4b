import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RightsizeError } from '../errors.ts';
import type { StoredCall } from '../storage/call-store.ts';
import { MemoryCallStore } from '../storage/memory/memory-call-store.ts';
import { importCalls } from './import-calls.ts';

const now = Date.UTC(2026, 9, 1);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rightsize-import-'));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function file(content: string | Uint8Array): Promise<string> {
  const path = join(folder, `log-${files++}`);
  await writeFile(path, content);
  return path;
}

function lines(count: number, rest: (index: number) => object = () => ({})): string {
  return Array.from({ length: count }, (_, index) => {
    const request = { model: 'm', messages: [{ role: 'user', content: `text ${index % 100}` }] };
    return `${JSON.stringify({ request, response: { choices: [] }, at: now - 1000 + index / 1e3, ...rest(index) })}\n`;
  }).join('');
}

describe('importing', () => {
  it('adds a log once, however often it is imported', async () => {
    const calls = new MemoryCallStore();
    const path = await file(lines(1200, () => ({ at: null })));
    const first = await importCalls({ files: [path], calls, now });
    expect(first).toMatchObject({ failure: null, report: { calls: 1200, added: 1200, badLines: 0 } });
    const again = await importCalls({ files: [path], calls, now });
    expect(again).toMatchObject({ failure: null, report: { calls: 1200, added: 0 } });
    expect(await calls.count()).toBe(1200);
  });

  it('counts what is bad, from the future, or before the line above, and keeps the latter two', async () => {
    const calls = new MemoryCallStore();
    const times = ['2026-09-01', '2026-08-01', '2036-01-01', '2026-09-02'];
    const path = await file(`${lines(4, (index) => ({ at: times[index] }))}not json\n`);
    const seen: number[] = [];
    const { report } = await importCalls({ files: [path], calls, now, onBadLine: ({ line }) => seen.push(line) });
    expect(report).toMatchObject({ calls: 4, added: 4, badLines: 1, future: 1, backwards: 2 });
    expect([report.from, report.to]).toEqual([Date.parse('2026-08-01'), Date.parse('2036-01-01')]);
    expect(seen).toEqual([5]);
  });

  it('stores what stands before the cut of a truncated gzip', async () => {
    const calls = new MemoryCallStore();
    const whole = gzipSync(lines(3000));
    const path = await file(whole.subarray(0, whole.length - 200));
    const { report, failure } = await importCalls({ files: [path], calls, now });
    expect(failure).toMatchObject({
      code: 'unreadable_log',
      message: expect.stringContaining('breaks off after line'),
    });
    expect(report.calls).toBeGreaterThan(1000);
    expect(await calls.count()).toBe(report.added);
  });

  it('tells an empty log and a missing file', async () => {
    const calls = new MemoryCallStore();
    expect((await importCalls({ files: [await file('')], calls, now })).failure).toMatchObject({ code: 'empty_log' });
    const { failure, report } = await importCalls({ files: [join(folder, 'none')], calls, now });
    expect(failure).toMatchObject({ code: 'file_not_found' });
    expect(report).toEqual({
      calls: 0,
      added: 0,
      notKept: 0,
      badLines: 0,
      future: 0,
      backwards: 0,
      from: null,
      to: null,
    });
  });

  it('keeps the batches before a full disk, and can go on later', async () => {
    const calls = new MemoryCallStore();
    let room = 2;
    const tight = {
      async append(batch: readonly StoredCall[]): Promise<number> {
        if (room-- <= 0) throw new RightsizeError('disk_full', 'full');
        return calls.append(batch);
      },
    };
    const path = await file(lines(2000));
    const { report, failure } = await importCalls({ files: [path], calls: tight, now });
    expect(failure).toMatchObject({ code: 'disk_full' });
    expect(report.added).toBe(1024);
    expect(await calls.count()).toBe(1024);
    room = 99;
    expect(await importCalls({ files: [path], calls: tight, now })).toMatchObject({
      failure: null,
      report: { calls: 2000, added: 976 },
    });
  });

  it('stops when it is told to, and keeps what it has read', async () => {
    const calls = new MemoryCallStore();
    const controller = new AbortController();
    const stopping = {
      append(batch: readonly StoredCall[]): Promise<number> {
        controller.abort();
        return calls.append(batch);
      },
    };
    const path = await file(lines(5000));
    const { report, failure } = await importCalls({ files: [path], calls: stopping, now, signal: controller.signal });
    expect(failure).toMatchObject({ code: 'interrupted' });
    expect(await calls.count()).toBe(report.added);
    expect(report.added).toBeGreaterThanOrEqual(512);
    expect(report.added).toBeLessThan(5000);
  });
});
