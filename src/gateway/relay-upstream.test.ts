import { request as httpRequest, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { brotliCompressSync, brotliDecompressSync, deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import OpenAI, { APIError } from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { type GatewayScript, type GatewayUnderTest, startGateway } from '../../test/running-gateway.ts';
import { completion, pause, sendJson } from '../../test/scripted-upstream.ts';
import { completionEvents } from '../providers/completion-chunks.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(script: GatewayScript['script'], more: Partial<GatewayScript> = {}): Promise<GatewayUnderTest> {
  const started = await startGateway({ script, ...more });
  closers.push(() => started.close());
  return started;
}

const question = { model: 'm', messages: [{ role: 'user' as const, content: 'x' }] };
const streamed = { ...question, stream: true as const };

function ask({ origin }: GatewayUnderTest, body: object = question, headers: Record<string, string> = {}) {
  return fetch(`${origin}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(body), headers });
}

function beginStream(response: ServerResponse): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  return response;
}

const text = 'étiquette 💳 ✓';
const events = completionEvents(completion(text), false).join('');

describe('C11, C12, C13: events', () => {
  it('keep their bytes wherever they are cut', async () => {
    const bytes = Buffer.from(events);
    const cuts = [...Array.from({ length: 24 }, (_, at) => at * 31 + 5), bytes.length - 1];
    let cut = 0;
    const gateway = await start(async (response) => {
      beginStream(response).write(bytes.subarray(0, cut));
      await pause(3);
      response.end(bytes.subarray(cut));
    });
    for (cut of cuts) expect(Buffer.from(await (await ask(gateway, streamed)).arrayBuffer()).equals(bytes)).toBe(true);
  });

  it.each([
    ['LF', 'data: {"a":1}\n\n'],
    ['CRLF', 'data: {"a":1}\r\n\r\n'],
    ['CR', 'data: {"a":1}\r\r'],
    ['LF then CRLF', 'data: {"a":1}\n\r\n'],
    ['CRLF then LF', 'data: {"a":1}\r\n\n'],
    ['no space', 'data:{"a":1}\n\n'],
    ['several lines', 'data: {"a":\ndata: 1}\n\n'],
    ['a comment', ': hello\n\ndata: {"a":1}\n\n'],
    ['event and id', 'event: x\nid: 7\ndata: {"a":1}\n\n'],
    ['a byte order mark', '\ufeffdata: {"a":1}\n\n'],
  ])('leave as they arrive, byte for byte: %s', async (_, event) => {
    let finish = () => {};
    let cameAt = 0;
    const gateway = await start((response) => {
      beginStream(response).write(event);
      cameAt = performance.now();
      finish = () => response.end('data: [DONE]\n\n');
    });
    const reader = (await ask(gateway, streamed)).body?.getReader();
    const first = await reader?.read();
    expect(Buffer.from(first?.value ?? []).toString()).toBe(event);
    expect(performance.now() - cameAt).toBeLessThan(200);
    finish();
    await reader?.read();
  });
});

describe('C22, C23, C24: what is no answer', () => {
  it.each([
    ['nothing', (r: ServerResponse) => r.writeHead(200, { 'content-type': 'application/json' }).end(), 502],
    ['204', (r: ServerResponse) => r.writeHead(204).end(), 502],
    ['HTML', (r: ServerResponse) => r.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hi'), 502],
    [
      'half a document',
      (r: ServerResponse) => r.setHeader('content-type', 'application/json').end('{"choices":[{'),
      502,
    ],
    ['an error under 200', (r: ServerResponse) => sendJson(r, 200, { error: { message: 'no', type: 'x' } }), 502],
    ['an error with a code', (r: ServerResponse) => sendJson(r, 200, { error: { message: 'no', code: 429 } }), 429],
    ['an error that is text', (r: ServerResponse) => sendJson(r, 200, { error: 'no' }), 502],
    ['HTML under 503', (r: ServerResponse) => r.writeHead(503, { 'content-type': 'text/html' }).end('<h1>'), 503],
    ['nothing under 500', (r: ServerResponse) => r.writeHead(500).end(), 500],
    ['half an error', (r: ServerResponse) => r.writeHead(400, { 'content-type': 'application/json' }).end('{"er'), 400],
    ['null under 400', (r: ServerResponse) => sendJson(r, 400, null), 400],
    ['a list under 400', (r: ServerResponse) => sendJson(r, 400, []), 400],
    ['an error that is true', (r: ServerResponse) => sendJson(r, 500, { error: true }), 500],
    ['an error without words', (r: ServerResponse) => sendJson(r, 500, { error: { message: 7 } }), 500],
    ['another shape of error', (r: ServerResponse) => sendJson(r, 422, { detail: 'no' }), 422],
    [
      'a stream under 429',
      (r: ServerResponse) => r.writeHead(429, { 'content-type': 'text/event-stream' }).end(events),
      429,
    ],
    ['a status of its own', (r: ServerResponse) => sendJson(r, 600, { ok: true }), 502],
    ['a stream of a comment', (r: ServerResponse) => beginStream(r).end(': wait\n\n'), 502],
    ['a stream of nothing', (r: ServerResponse) => beginStream(r).end(), 502],
    ['a stream of an error', (r: ServerResponse) => beginStream(r).end('data: {"error":{"message":"no"}}\n\n'), 502],
  ])('%s becomes an error object under a real status', async (_, script, status) => {
    const gateway = await start((response) => void script(response));
    const answer = await ask(gateway, streamed);
    expect(answer.status).toBe(status);
    const { error } = (await answer.json()) as { error: unknown };
    expect(error).toMatchObject({ message: expect.any(String) });
    expect(answer.headers.get('x-request-id')).toBeTruthy();
    expect(gateway.ends[0]).toMatchObject({ status, error: 'upstream_failed' });
    if (_ === 'another shape of error') expect(JSON.stringify(error)).toContain('422: no');
  });

  it("keeps the upstream's own error object and status, unknown fields included", async () => {
    const own = { error: { message: 'quota', type: 't', param: 'p', code: 'c', more: [1] } };
    const gateway = await start((response) => sendJson(response, 418, own));
    const answer = await ask(gateway);
    expect([answer.status, await answer.json()]).toEqual([418, own]);
  });
});

describe('S15: an upstream whose JSON is nested too deeply to be written again', () => {
  const deep = `${'['.repeat(50_000)}1${']'.repeat(50_000)}`;

  it.each([
    ['an error under 200', `{"error":{"message":"no","deep":${deep}}}`, 502],
    ['an error', `{"error":{"message":"no","deep":${deep}}}`, 500],
    ['an answer', `{"choices":[${deep}]}`, 200],
  ])('ends nothing but its call: %s', async (_, text, status) => {
    const gateway = await start((response) =>
      response.writeHead(status === 502 ? 200 : status, { 'content-type': 'application/json' }).end(text),
    );
    expect((await ask(gateway)).status).toBe(status);
    const vectors = await fetch(`${gateway.origin}/v1/embeddings`, {
      method: 'POST',
      body: JSON.stringify({ model: 'm', input: 'x', encoding_format: 'base64' }),
    });
    expect(vectors.status).toBe(status);
  });

  it('ends nothing but its call where vectors would be packed', async () => {
    const gateway = await start((response) =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(`{"data":[{"embedding":[1]}],"deep":${deep}}`),
    );
    const body = JSON.stringify({ model: 'm', input: 'x', encoding_format: 'base64' });
    expect((await fetch(`${gateway.origin}/v1/embeddings`, { method: 'POST', body })).status).toBe(502);
  });
});

describe('C25: an error after the first event', () => {
  it('is one event of its own, also behind half an event, and the official client throws it', async () => {
    const gateway = await start((response) => {
      beginStream(response).write('data: {"choices":[]}\n\ndata: {"half', () =>
        setTimeout(() => response.destroy(), 20),
      );
    });
    const body = await (await ask(gateway, streamed)).text();
    const sent = body.split('\n\n').filter(Boolean);
    expect(sent).toHaveLength(2);
    expect(JSON.parse((sent[1] ?? '').slice('data: '.length))).toMatchObject({
      error: { code: 'upstream_interrupted' },
    });
    const client = new OpenAI({ baseURL: `${gateway.origin}/v1`, apiKey: 'k', maxRetries: 0 });
    const stream = await client.chat.completions.create(streamed);
    const read = async () => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toBeInstanceOf(APIError);
  });

  it('is `response.failed` with the next sequence number on the Responses route', async () => {
    const gateway = await start((response) => {
      const event = 'event: response.created\ndata: {"type":"response.created","sequence_number":4}\n\n';
      beginStream(response).write(event, () => setTimeout(() => response.destroy(), 20));
    });
    const answer = await fetch(`${gateway.origin}/v1/responses`, {
      method: 'POST',
      body: JSON.stringify({ model: 'm', input: 'x', stream: true }),
    });
    const [, last = ''] = (await answer.text()).split('\n\n');
    expect(last).toMatch(/^event: response\.failed\n/);
    expect(JSON.parse(last.split('data: ')[1] ?? '')).toMatchObject({
      type: 'response.failed',
      sequence_number: 5,
      response: { status: 'failed', error: { code: 'upstream_interrupted' } },
    });
  });
});

describe('C18: the head of a stream', () => {
  it('has no length, whatever the upstream says, and is not to be kept or gathered on the way', async () => {
    const gateway = await start((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-length': String(events.length * 2) });
      response.write(events, () => setTimeout(() => response.destroy(), 20));
    });
    const answer = await ask(gateway, streamed);
    expect(answer.headers.get('content-length')).toBeNull();
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    expect(answer.headers.get('x-accel-buffering')).toBe('no');
    expect(await answer.text()).toMatch(/data: \{"error":.*\n\n$/);
  });
});

describe('C26: ids', () => {
  it("are the upstream's own beside ours, and ours alone where it has none, on errors too", async () => {
    const gateway = await start((response, { path }) => {
      if (path === '/v1/chat/completions') response.setHeader('x-request-id', 'req_upstream');
      sendJson(response, 200, completion('x'));
    });
    const own = await ask(gateway);
    expect([own.headers.get('x-request-id'), own.headers.get('x-rightsize-call')]).toEqual([
      'req_upstream',
      expect.stringMatching(/^call_/),
    ]);
    for (const answer of [
      await fetch(`${gateway.origin}/v1/files`),
      await fetch(`${gateway.origin}/nowhere`),
      await fetch(`${gateway.origin}/v1/chat/completions`, { method: 'POST', body: '{' }),
      await fetch(`${gateway.origin}/v1/embeddings`, { method: 'POST', body: '{' }),
    ]) {
      expect(answer.headers.get('x-request-id')).toMatch(/^call_[0-9a-f]{32}$/);
      expect(answer.headers.get('x-rightsize-call')).toBe(answer.headers.get('x-request-id'));
    }
  });
});

describe('C27: packed answers', () => {
  const packers = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };
  const cases = Object.entries(packers).flatMap(([name, pack]) =>
    [true, false].map((accepted) => [name, pack, accepted] as const),
  );

  it.each(cases)('of %s can be read whether the caller accepts them or not', async (name, pack, accepted) => {
    const gateway = await start((response, { body }) => {
      const { stream, model } = JSON.parse(body) as { stream?: boolean; model: string };
      const isError = model === 'none';
      const type = stream === true ? 'text/event-stream' : 'application/json';
      const plain = isError
        ? '{"error":{"message":"no"}}'
        : stream === true
          ? events
          : JSON.stringify(completion(text));
      response.writeHead(isError ? 404 : 200, { 'content-type': type, 'content-encoding': name }).end(pack(plain));
    });
    const headers = { 'accept-encoding': accepted ? name : 'identity' };
    for (const [body, expected] of [
      [question, JSON.stringify(completion(text))],
      [streamed, events],
      [{ ...question, model: 'none' }, '{"error":{"message":"no"}}'],
    ] as const) {
      const answer = await rawPost(gateway, body, headers);
      expect(answer.headers['content-encoding']).toBe(accepted ? name : undefined);
      const bytes = accepted ? unpackers[name as keyof typeof unpackers](answer.body) : answer.body;
      expect(bytes.toString()).toBe(expected);
      const length = answer.headers['content-length'];
      if (length !== undefined) expect(Number(length)).toBe(answer.body.length);
    }
  });
});

describe('C19: silence', () => {
  it('is filled with comments between whole events, before the first one too, where that is set', async () => {
    const gateway = await start(
      async (response) => {
        await pause(70);
        beginStream(response).write('data: {"choices":[]}\n\ndata: {"cho');
        await pause(70);
        response.end('ices":[]}\n\ndata: [DONE]\n\n');
      },
      { settings: { streams: { heartbeatMs: 20 } } },
    );
    const answer = await ask(gateway, streamed);
    const body = await answer.text();
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    expect(body).toMatch(
      /^(: keep-alive\n\n)+data: \{"choices":\[\]\}\n\n(: keep-alive\n\n)+data: \{"choices":\[\]\}\n\n/,
    );
    expect(body.replaceAll(': keep-alive\n\n', '')).toBe(
      'data: {"choices":[]}\n\ndata: {"choices":[]}\n\ndata: [DONE]\n\n',
    );
  });

  it('that ends in an error is an event, for the status has gone out', async () => {
    const gateway = await start(
      async (response) => {
        await pause(60);
        sendJson(response, 429, { error: { message: 'slow down' } });
      },
      { settings: { streams: { heartbeatMs: 20 } } },
    );
    const body = await (await ask(gateway, streamed)).text();
    expect(body.replaceAll(': keep-alive\n\n', '')).toBe('data: {"error":{"message":"slow down"}}\n\n');
    expect(gateway.ends[0]).toMatchObject({ status: 429 });
  });

  it('is left alone where nothing is set', async () => {
    const gateway = await start(async (response) => {
      await pause(80);
      beginStream(response).end(events);
    });
    expect(await (await ask(gateway, streamed)).text()).toBe(events);
  });
});

describe('R11: a caller who does not read', () => {
  it('is cut off after the write timeout, and the upstream with it', async () => {
    let closed = false;
    const gateway = await start(
      (response) => {
        response.on('close', () => {
          closed = true;
        });
        beginStream(response);
        const event = `data: ${'x'.repeat(64 * 1024)}\n\n`;
        const more = () => {
          while (!response.destroyed && response.write(event));
          response.once('drain', more);
        };
        more();
      },
      { settings: { streams: { writeTimeoutMs: 100 } } },
    );
    const socket = connect(Number(new URL(gateway.origin).port), '127.0.0.1');
    const body = JSON.stringify(streamed);
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    socket.pause();
    for (let waited = 0; !closed && waited < 5_000; waited += 50) await pause(50);
    expect(closed).toBe(true);
    expect(gateway.ends[0]).toMatchObject({ error: 'reader_stalled' });
    socket.destroy();
  });
});

describe('C30: what is no route, and web pages', () => {
  it('is 404 in the shape of an error for GET, and without a body for HEAD', async () => {
    const gateway = await start((response) => sendJson(response, 404, { error: { message: 'none' } }));
    const found = await fetch(`${gateway.origin}/nowhere`);
    expect([found.status, await found.json()]).toMatchObject([404, { error: { code: 'route_not_found' } }]);
    expect((await fetch(`${gateway.origin}/nowhere`, { method: 'HEAD' })).status).toBe(404);
    expect((await fetch(`${gateway.origin}/v1/unknown`, { method: 'HEAD' })).status).toBe(404);
  });

  it('keeps the length that HEAD is told', async () => {
    const gateway = await start((response) => response.writeHead(200, { 'content-length': '7' }).end());
    const answer = await fetch(`${gateway.origin}/v1/files/1/content`, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-length')]).toEqual([200, '7']);
  });

  it('gets its question before a call answered, and permission only where the settings name it', async () => {
    const gateway = await start((response) => sendJson(response, 200, completion('x')), {
      settings: { cors: { origins: ['https://app.example'] } },
    });
    const preflight = (origin: string) =>
      fetch(`${gateway.origin}/v1/chat/completions`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      });
    const letIn = await preflight('https://app.example');
    expect([letIn.status, letIn.headers.get('access-control-allow-origin')]).toEqual([204, 'https://app.example']);
    expect(letIn.headers.get('access-control-allow-headers')).toBe('authorization');
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
    const answer = await ask(gateway, question, { origin: 'https://app.example' });
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect((await ask(gateway, question, { origin: 'https://evil.example' })).headers.get('vary')).toBeNull();
    expect(gateway.upstream.received.every(({ method }) => method === 'POST')).toBe(true);
  });
});

const unpackers = { gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync };

interface RawAnswer {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Unlike fetch, sends the headers it is told and unpacks nothing. */
function rawPost({ origin }: GatewayUnderTest, body: object, headers: Record<string, string>): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(`${origin}/v1/chat/completions`, { method: 'POST', headers }, async (response) => {
      resolve({ headers: response.headers, body: Buffer.concat(await response.toArray()) });
    });
    outgoing.on('error', reject).end(JSON.stringify(body));
  });
}
