import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import zlib, { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Call } from '../records/call.ts';
import { collect, fixture } from './log-format.contract.ts';
import { type BadLine, readCallLog } from './read-call-log.ts';
import { callLogLine, writeCallLog } from './write-call-log.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rightsize-read-'));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function file(content: string | Uint8Array): Promise<string> {
  const path = join(folder, `log-${files++}`);
  await writeFile(path, content);
  return path;
}

function line(text: string, rest: object = {}): string {
  const request = { model: 'm', messages: [{ role: 'user', content: text }] };
  return JSON.stringify({ request, response: { choices: [{ message: { content: 'yes' } }] }, ...rest });
}

describe('reading a call log', () => {
  it('counts a bad line with its number and reason, and keeps the others', async () => {
    const path = await file([line('a'), '{"request":', '', '[1]', line('b', { status: 1 }), line('c')].join('\n'));
    const { calls, bad } = await collect(path);
    expect(calls).toHaveLength(2);
    expect(bad.map((found) => [found.line, found.reason.slice(0, 20)])).toEqual([
      [2, 'is not JSON (Unexpec'],
      [4, 'is not a JSON object'],
      [5, '`status` is 1; give '],
    ]);
  });

  it('reads a list whose element is broken up to and after it', async () => {
    const { calls, bad } = await collect(await file(`[${line('a')},\n {"request": nothing},\n${line('b')}]`));
    expect(calls).toHaveLength(2);
    expect(bad).toMatchObject([{ line: 2 }]);
  });

  it('keeps brackets, quotes and commas inside the texts of a list', async () => {
    const texts = ['a ] , [ "b" \\', '{"x": [1, 2]}', '\\"', 'ü}👍'];
    const { calls } = await collect(await file(`[${texts.map((text) => line(text)).join(',')}]`));
    expect(calls.map(({ request }) => request.messages[0]?.content)).toEqual(texts);
  });

  it('says what it does not know', async () => {
    const { bad } = await collect(await file(`${line('a')}\n{"prompt":"x","completion":"y"}`));
    expect(bad[0]?.reason).toBe(
      'is of no known format (its fields: prompt, completion); a call needs `request` and `response`',
    );
  });

  it('refuses a log in which nothing is a call, with the first reason', async () => {
    await expect(collect(await file('nothing\nhere'))).rejects.toMatchObject({
      code: 'unreadable_log',
      message: expect.stringContaining('Line 1: is not JSON'),
    });
  });

  it.each([
    ['', 'nothing'],
    ['\n\r\n  \n', 'blank lines'],
    ['[]', 'an empty list'],
    ['\ufeff', 'a byte order mark'],
  ])('calls a log of %j empty', async (content) => {
    await expect(collect(await file(content))).rejects.toMatchObject({ code: 'empty_log' });
    await expect(collect(await file(gzipSync(content)))).rejects.toMatchObject({ code: 'empty_log' });
  });

  it('says that a file is missing, a folder, or UTF-16', async () => {
    await expect(collect(join(folder, 'missing'))).rejects.toMatchObject({ code: 'file_not_found' });
    await expect(collect(folder)).rejects.toMatchObject({ code: 'unreadable_log' });
    await expect(collect(await file(Buffer.from('\ufeff{}', 'utf16le')))).rejects.toMatchObject({
      code: 'unreadable_log',
    });
  });

  it('reads a log of one call', async () => {
    const { calls } = await collect(await file(line('only')), 'shop');
    expect(calls).toMatchObject([{ tenant: 'shop', status: 200, latencyMs: null }]);
  });

  it('keeps what stands before the cut of a truncated gzip, and says where it broke off', async () => {
    const text = Array.from({ length: 3000 }, (_, index) => line(`text ${(index * 7919) % 4999}`)).join('\n');
    const whole = gzipSync(text);
    const path = await file(whole.subarray(0, whole.length / 2));
    const calls: Call[] = [];
    const bad: BadLine[] = [];
    const reading = (async () => {
      for await (const call of readCallLog(path, { onBadLine: (found) => bad.push(found) })) calls.push(call);
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'unreadable_log',
      message: expect.stringMatching(/breaks off after line \d+, at byte \d+ \(unexpected end of file\)/),
    });
    expect(calls.length).toBeGreaterThan(500);
    expect(calls.length).toBeLessThan(3000);
    expect(bad).toEqual([]);
  });

  it('keeps what stands before damage inside a gzip', async () => {
    const text = Array.from({ length: 6_000 }, (_, index) => line(`text ${(index * 7919) % 4999}`)).join('\n');
    const bytes = gzipSync(text);
    bytes.fill(0xff, bytes.length - 3000, bytes.length - 2900);
    const calls: Call[] = [];
    const reading = (async () => {
      for await (const call of readCallLog(await file(bytes))) calls.push(call);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'unreadable_log' });
    expect(calls.length).toBeGreaterThan(3_000);
  });

  it('reads zstd where the runtime does, and else says what to do', async () => {
    const path = fixture('call-log.jsonl.zst');
    if (typeof zlib.createZstdDecompress === 'function') expect((await collect(path)).calls).toHaveLength(4);
    else {
      await expect(collect(path)).rejects.toMatchObject({
        code: 'unreadable_log',
        remedy: expect.stringContaining('zstd -d'),
      });
    }
  });

  it('gives lines without an id the same ids each time, and genuine repeats their own', async () => {
    const content = [line('a'), line('b'), line('a'), line('a', { at: 5 }), line('a')].join('\n');
    const { calls } = await collect(await file(content));
    const ids = calls.map(({ id }) => id);
    expect(new Set(ids).size).toBe(5);
    expect(ids[2]).toBe(`${ids[0]}_2`);
    expect(ids[4]).toBe(`${ids[0]}_3`);
    expect((await collect(await file(content))).calls.map(({ id }) => id)).toEqual(ids);
  });

  it('puts calls without a time in the order of their lines', async () => {
    const at = Date.UTC(2026, 0, 1);
    const { calls } = await collect(await file([line('a'), line('b'), line('c', { at }), line('d')].join('\n')));
    expect((calls[1]?.at ?? 0) - (calls[0]?.at ?? 0)).toBe(1);
    expect(calls.slice(2).map((call) => call.at)).toEqual([at, at + 1]);
  });

  it('keeps calls from the future and from a clock that runs backwards as they are', async () => {
    const times = [
      '2126-01-01T00:00:00.000Z',
      '2026-01-02T00:00:00.000Z',
      '2026-01-01T00:00:00.000Z',
      '1969-01-01T00:00:00.000Z',
    ];
    const { calls } = await collect(await file(times.map((at) => line('a', { at })).join('\n')));
    expect(calls.map(({ at }) => new Date(at).toISOString())).toEqual(times);
  });

  it('keeps lone surrogates and emoji', async () => {
    const texts = ['\ud83d', 'x\udc4dy', '👩‍🚀', ''];
    const { calls } = await collect(await file(texts.map((text) => line(text)).join('\n')));
    expect(calls.map(({ request }) => request.messages[0]?.content)).toEqual(texts);
  });

  it('reports how many bytes it has read, up to all of them', async () => {
    const path = await file(Array.from({ length: 3000 }, (_, index) => line(`${index}`)).join('\n'));
    const seen: (readonly [number, number])[] = [];
    for await (const _ of readCallLog([path, path], { onProgress: (done, total) => seen.push([done, total]) }));
    const size = (await readFile(path)).length;
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.at(-1)).toEqual([2 * size, 2 * size]);
  });

  it('stops reading when its reader does', async () => {
    const path = await file(Array.from({ length: 100 }, (_, index) => line(`${index}`)).join('\n'));
    for await (const { request } of readCallLog(path)) {
      expect(request.messages[0]?.content).toBe('0');
      break;
    }
  });
});

describe('writing a call log', () => {
  it('gives what it reads again', async () => {
    const { calls } = await collect([fixture('call-log.jsonl'), fixture('litellm-callback.jsonl')]);
    let text = '';
    for await (const part of writeCallLog(calls)) text += part;
    expect((await collect(await file(text))).calls).toEqual(calls);
    expect(callLogLine(calls[1] as Call)).not.toContain('gold');
  });
});
