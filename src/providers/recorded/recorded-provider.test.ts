import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../records/call.ts';
import { describeProvider } from '../provider.contract.ts';
import type { Provider } from '../provider.ts';
import { createRecordedProvider, openRecordedProvider } from './recorded-provider.ts';
import { requestKey } from './request-key.ts';

describeProvider('recorded', async (answers) => ({
  provider: await createRecordedProvider(answers),
  close: async () => {},
}));

async function ask(provider: Provider, request: JsonObject): Promise<JsonObject> {
  const { body } = await provider.send({
    method: 'POST',
    path: '/chat/completions',
    headers: {},
    body: Buffer.from(JSON.stringify(request)),
    signal: new AbortController().signal,
  });
  const pieces = await body.toArray();
  return JSON.parse(Buffer.concat(pieces).toString());
}

describe('recorded provider', () => {
  const hello = { model: 'm', messages: [{ role: 'user', content: 'hello' }] };

  it('knows a request whatever the order of its keys and however its answer travels', () => {
    const shuffled = { messages: [{ content: 'hello', role: 'user' }], stream: true, user: 'u', model: 'm' };
    expect(requestKey(shuffled)).toBe(requestKey(hello));
    expect(requestKey({ ...hello, temperature: 1 })).not.toBe(requestKey(hello));
  });

  it('says that a request was never recorded', async () => {
    const provider = await createRecordedProvider([]);
    await expect(ask(provider, hello)).rejects.toMatchObject({ code: 'not_recorded', status: 404 });
  });

  it('gives the answers to a repeated request in their order, and begins again after the last', async () => {
    const answers = ['a', 'b'].map((id) => ({ request: hello, response: { id }, status: 200 }));
    const provider = await createRecordedProvider(answers);
    const given = [await ask(provider, hello), await ask(provider, hello), await ask(provider, hello)];
    expect(given.map(({ id }) => id)).toEqual(['a', 'b', 'a']);
  });
});

describe('a log as upstream', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'recorded-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const line = JSON.stringify({ request: { model: 'm', messages: [] }, response: { id: 'x' } });

  it('is read from a plain or a packed file, bad lines passed over', async () => {
    writeFileSync(join(folder, 'log.jsonl'), `not json\n${line}\n`);
    writeFileSync(join(folder, 'log.jsonl.gz'), gzipSync(`${line}\r\n`));
    for (const name of ['log.jsonl', 'log.jsonl.gz']) {
      const provider = await openRecordedProvider(join(folder, name));
      expect(await ask(provider, { model: 'm', messages: [] })).toEqual({ id: 'x' });
    }
  });

  it('is refused when it is missing, empty or cut', async () => {
    writeFileSync(join(folder, 'empty.jsonl'), '');
    writeFileSync(join(folder, 'cut.jsonl.gz'), gzipSync(line.repeat(200)).subarray(0, 30));
    await expect(openRecordedProvider(join(folder, 'none.jsonl'))).rejects.toMatchObject({ code: 'file_not_found' });
    await expect(openRecordedProvider(join(folder, 'none.jsonl.gz'))).rejects.toMatchObject({ code: 'file_not_found' });
    await expect(openRecordedProvider(join(folder, 'empty.jsonl'))).rejects.toMatchObject({ code: 'empty_log' });
    await expect(openRecordedProvider(join(folder, 'cut.jsonl.gz'))).rejects.toMatchObject({ code: 'unreadable_log' });
  });
});
