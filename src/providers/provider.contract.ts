import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../records/call.ts';
import type { Provider, UpstreamRequest, UpstreamResponse } from './provider.ts';

export interface OpenProvider {
  readonly provider: Provider;
  close(): Promise<void>;
}

export interface KnownAnswer {
  readonly request: JsonObject;
  readonly response: JsonObject;
  readonly status: number;
}

const request = { model: 'small', messages: [{ role: 'user', content: 'Où est ma carte ? 💳' }] };
const known: readonly KnownAnswer[] = [
  {
    request,
    status: 200,
    response: {
      id: 'chatcmpl-7',
      object: 'chat.completion',
      created: 7,
      model: 'small-1',
      choices: [
        { index: 0, message: { role: 'assistant', content: 'carte_perdue ✓' }, logprobs: null, finish_reason: 'stop' },
      ],
      usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 },
    },
  },
  {
    request: { ...request, temperature: 2 },
    status: 429,
    response: { error: { message: 'slow down', type: 'requests', param: null, code: 'rate_limit_exceeded' } },
  },
];

/** What every provider does alike, whoever stands behind it. */
export function describeProvider(
  backend: string,
  open: (answers: readonly KnownAnswer[]) => Promise<OpenProvider>,
): void {
  describe(`${backend} provider`, () => {
    let opened: OpenProvider | undefined;
    afterEach(async () => {
      await opened?.provider.close();
      await opened?.close();
      opened = undefined;
    });

    async function send(body: JsonObject | null, change: Partial<UpstreamRequest> = {}): Promise<UpstreamResponse> {
      opened ??= await open(known);
      return opened.provider.send({
        method: 'POST',
        path: '/chat/completions',
        headers: { 'content-type': 'application/json' },
        body: body === null ? null : Buffer.from(JSON.stringify(body)),
        signal: new AbortController().signal,
        ...change,
      });
    }

    it('gives a whole answer with its status and type', async () => {
      const response = await send(request);
      expect(response.status).toBe(200);
      expect(response.headers['content-type']).toContain('application/json');
      expect(JSON.parse(await textOf(response))).toEqual(known[0]?.response);
    });

    it('gives the same answer as events when a stream is asked for', async () => {
      const response = await send({ ...request, stream: true, stream_options: { include_usage: true } });
      expect(response.headers['content-type']).toContain('text/event-stream');
      const events = (await textOf(response)).split('\n\n').filter(Boolean);
      expect(events.at(-1)).toBe('data: [DONE]');
      const chunks = events.slice(0, -1).map((text) => JSON.parse(text.slice(6)));
      expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('carte_perdue ✓');
      expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 13 } });
    });

    it('hands over an error answer with its status and body', async () => {
      const response = await send({ ...request, temperature: 2, stream: true });
      expect(response.status).toBe(429);
      expect(JSON.parse(await textOf(response))).toEqual(known[1]?.response);
    });

    it('takes a body that comes in pieces', async () => {
      const text = Buffer.from(JSON.stringify(request));
      const response = await send(null, { body: Readable.from([text.subarray(0, 50), text.subarray(50)]) });
      expect(JSON.parse(await textOf(response))).toMatchObject({ id: 'chatcmpl-7' });
    });

    it('lists the models', async () => {
      const response = await send(null, { method: 'GET', path: '/models' });
      expect(JSON.parse(await textOf(response))).toMatchObject({ object: 'list', data: [{ id: 'small' }] });
    });

    it('sends nothing for a caller that has hung up already', async () => {
      const reason = new Error('gone');
      await expect(send(request, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });
  });
}

async function textOf({ body }: UpstreamResponse): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString();
}
