import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import OpenAI, { APIError, NotFoundError, RateLimitError } from 'openai';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type GatewayScript, startGateway } from '../../test/running-gateway.ts';
import { type ScriptedEngine, scriptedEngine } from '../../test/scripted-engine.ts';
import { completion, pause, sendJson, type startUpstream } from '../../test/scripted-upstream.ts';
import { completionEvents } from '../providers/completion-chunks.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start({
  script = (response) => sendJson(response, 200, completion('teacher says')),
  ...wishes
}: Partial<GatewayScript> = {}) {
  const started = await startGateway({ script, ...wishes });
  closers.push(() => started.close());
  const client = new OpenAI({ baseURL: `${started.origin}/v1`, apiKey: 'sk-callers', maxRetries: 0 });
  return { ...started, client };
}

const question = {
  model: 'gpt-4o-mini',
  messages: [{ role: 'user' as const, content: 'Where is my card?' }],
  temperature: 0,
};

function post(origin: string, body: string | Buffer, headers: Record<string, string> = {}) {
  return fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: new Uint8Array(Buffer.from(body)),
  });
}

function streaming(...pieces: (string | Buffer)[]): Parameters<typeof startUpstream>[0] {
  return async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of pieces) {
      response.write(piece);
      await pause(2);
    }
    response.end();
  };
}

const text = 'étiquette 💳 ✓';
const events = completionEvents(completion(text), true).join('');

describe('what an engine prepares', () => {
  it('is waited for and handed to its decision', async () => {
    const input = { encoder: 'e', text: 'x', vector: Float32Array.of(1) };
    const engine = scriptedEngine((call) => (handed.get(call.id) === input ? 'answered' : null));
    const handed = new Map<string, unknown>();
    const { decide } = engine;
    engine.prepare = () => pause(20).then(() => input);
    engine.decide = (call, prepared) => {
      handed.set(call.id, prepared);
      return decide(call);
    };
    const { client } = await start({ engine });
    const { choices } = await client.chat.completions.create(question);
    expect(choices[0]?.message.content).toBe('answered');
  });
});

describe("a teacher's answer through the gateway", () => {
  it('is what the official client gets without the gateway, and says who answered', async () => {
    const { client, upstream } = await start();
    const { data, response } = await client.chat.completions.create(question).withResponse();
    expect(data).toEqual(expect.objectContaining(completion('teacher says')));
    expect(response.headers.get('x-rightsize-answered-by')).toBe('teacher');
    expect(response.headers.get('x-rightsize-reason')).toBe('not-confident');
    expect(response.headers.get('x-rightsize-task')).toBe('intent');
    expect(response.headers.get('x-rightsize-call')).toMatch(/^call_[0-9a-f]{32}$/);
    expect(upstream.received[0]?.headers.authorization).toBe('Bearer sk-callers');
  });

  it("comes from the request's own bytes, unknown fields and number spellings included", async () => {
    const { origin, upstream } = await start();
    const body = '{"model":"m","messages":[{"role":"user","content":"x"}], "top_p":1.0,"new_field":9007199254740993}';
    await (await post(origin, body)).text();
    expect(upstream.received[0]?.body).toBe(body);
  });

  it('goes back byte for byte, unknown fields included', async () => {
    const raw = '{ "choices": [],"new":1.0, "big":9007199254740993 }\n';
    const { origin } = await start({
      script: (response) =>
        void response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'r-1' }).end(raw),
    });
    const response = await post(origin, JSON.stringify(question));
    expect(await response.text()).toBe(raw);
    expect(response.headers.get('x-request-id')).toBe('r-1');
  });

  it('streams byte for byte however the upstream cuts its text, one byte at a time included', async () => {
    const bytes = Buffer.from(events);
    const { origin } = await start({
      script: (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (const byte of bytes) response.write(Buffer.from([byte]));
        response.end();
      },
    });
    const response = await post(origin, JSON.stringify({ ...question, stream: true }));
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    expect(response.headers.get('content-length')).toBeNull();
  });

  it('is streamed to the official client as it comes', async () => {
    const { client } = await start({ script: streaming(...events.split(/(?<=\n\n)/)) });
    const chunks = [];
    for await (const chunk of await client.chat.completions.create({ ...question, stream: true })) chunks.push(chunk);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(text);
  });

  it('begins before the upstream has ended', async () => {
    let finish = () => {};
    const { origin } = await start({
      script: (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {}\n\n');
        finish = () => response.end('data: [DONE]\n\n');
      },
    });
    const response = await post(origin, JSON.stringify({ ...question, stream: true }));
    const reader = response.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: {}\n\n');
    finish();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: [DONE]\n\n');
  });

  it('stays packed as the upstream packed it, and is captured unpacked', async () => {
    const { origin, engine } = await start({
      script: (response) =>
        response
          .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
          .end(gzipSync(JSON.stringify(completion('packed')))),
    });
    expect(await (await post(origin, JSON.stringify(question))).json()).toEqual(completion('packed'));
    const [observation] = await engine.seen(1);
    expect(observation?.call.response).toEqual(completion('packed'));
  });
});

describe("a student's answer", () => {
  const student = () => scriptedEngine(() => text);

  it('C38: has the shape of an upstream one, for the official client too', async () => {
    const { client, upstream } = await start({ engine: student() });
    const { data, response } = await client.chat.completions.create(question).withResponse();
    expect(shapeOf(data)).toEqual(shapeOf(completion('x')));
    expect(data).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      model: 'gpt-4o-mini-2024-07-18',
      choices: [{ index: 0, message: { role: 'assistant', content: text }, logprobs: null, finish_reason: 'stop' }],
      usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
    });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-rightsize-answered-by': 'student',
      'x-rightsize-reason': 'confident',
      'x-rightsize-student': 'student_1',
      'x-rightsize-score': '0.9877',
      'x-rightsize-usage': 'estimated',
    });
    expect(upstream.received).toHaveLength(0);
  });

  it('C20: is streamed in the grammar of the upstream: role, content, finish, usage only where asked for, [DONE] once', async () => {
    const { origin } = await start({ engine: student() });
    for (const includeUsage of [true, false]) {
      const body = { ...question, stream: true, ...(includeUsage ? { stream_options: { include_usage: true } } : {}) };
      const response = await post(origin, JSON.stringify(body));
      expect(response.headers.get('content-type')).toContain('text/event-stream');
      const sent = (await response.text()).split('\n\n').slice(0, -1);
      expect(sent.filter((event) => event === 'data: [DONE]')).toHaveLength(1);
      const chunks = sent.slice(0, -1).map((event) => JSON.parse(event.slice('data: '.length)));
      const upstreams = completionEvents(completion('x'), includeUsage).slice(0, -1);
      expect(chunks.map(shapeOf)).toEqual(upstreams.map((event) => shapeOf(JSON.parse(event.slice('data: '.length)))));
      expect(chunks[0].choices[0].delta).toMatchObject({ role: 'assistant', content: '' });
      expect(chunks[2].choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' });
      expect(chunks.filter((chunk) => chunk.usage)).toHaveLength(includeUsage ? 1 : 0);
    }
  });

  it('is read as a stream by the official client', async () => {
    const { client } = await start({ engine: student() });
    const stream = client.chat.completions.stream({ ...question, stream_options: { include_usage: true } });
    const whole = await stream.finalChatCompletion();
    expect(whole.choices[0]?.message.content).toBe(text);
    expect(whole.usage).toEqual({ prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 });
  });

  it('is given without any upstream', async () => {
    const { client } = await start({ engine: student(), gateway: { provider: null } });
    expect((await client.chat.completions.create(question)).choices[0]?.message.content).toBe(text);
  });

  it('estimates a usage of its own where nothing was recorded', async () => {
    const { client } = await start({ engine: scriptedEngine(() => 'yes', { usage: null, responseModel: null }) });
    const { usage, model } = await client.chat.completions.create(question);
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
    expect(usage?.prompt_tokens).toBeGreaterThan(0);
    expect(model).toBe('gpt-4o-mini');
  });

  it('C38: gives way to the teacher where the caller says so, and on a retry', async () => {
    const { client, engine } = await start({ engine: student() });
    for (const headers of [{ 'x-rightsize-answer': 'teacher' }, { 'x-stainless-retry-count': '1' }]) {
      const { data } = await client.chat.completions.create(question, { headers }).withResponse();
      expect(data.choices[0]?.message.content).toBe('teacher says');
    }
    expect(engine.asked.map(({ forceTeacher }) => forceTeacher)).toEqual([true, true]);
  });

  it('C39: gives way to the teacher where the student fails', async () => {
    const throwing: ScriptedEngine = {
      ...scriptedEngine(),
      decide: () => {
        throw new Error('broken student');
      },
    };
    const { client } = await start({ engine: throwing });
    const { data, response } = await client.chat.completions.create(question).withResponse();
    expect(data.choices[0]?.message.content).toBe('teacher says');
    expect(response.headers.get('x-rightsize-reason')).toBe('student-failed');
    const empty = scriptedEngine(() => 'x', { answer: null });
    const second = await start({ engine: empty });
    const answered = await second.client.chat.completions.create(question).withResponse();
    expect(answered.response.headers.get('x-rightsize-reason')).toBe('student-failed');
  });

  it('names tasks in headers even where their names are no ASCII', async () => {
    const { origin } = await start({ engine: scriptedEngine(() => 'x', { taskName: 'überweisung' }) });
    const response = await post(origin, JSON.stringify(question));
    expect(decodeURIComponent(response.headers.get('x-rightsize-task') ?? '')).toBe('überweisung');
  });
});

describe('what the engine is told of a call', () => {
  it('is what headers and metadata say, headers first', async () => {
    const { origin, engine } = await start();
    const metadata = { task: 'from-body', step: 'classify', conversation: 'c-1' };
    await (await post(origin, JSON.stringify({ ...question, metadata }), { 'x-rightsize-task': 'from-header' })).text();
    await (await post(origin, JSON.stringify(question), { 'x-rightsize-tenant': 'telco' })).text();
    expect(engine.asked).toMatchObject([
      { tenant: 'default', task: 'from-header', tags: { step: 'classify', conversation: 'c-1' }, forceTeacher: false },
      { tenant: 'telco', task: null, tags: {} },
    ]);
  });

  it('holds the whole answer, put together from its chunks', async () => {
    const { origin, engine, captured } = await start({ script: streaming(events.slice(0, 100), events.slice(100)) });
    await (await post(origin, JSON.stringify({ ...question, stream: true }))).text();
    const [observation] = await engine.seen(1);
    expect(observation?.call).toMatchObject({ status: 200, response: completion(text), gold: null });
    expect(captured[0]).toMatchObject({ call: observation?.call, route: { reason: 'not-confident' } });
  });

  it("holds a student's answer too", async () => {
    const { origin, engine } = await start({ engine: scriptedEngine(() => text) });
    await (await post(origin, JSON.stringify(question))).text();
    const [observation] = await engine.seen(1);
    expect(observation?.decision.route.answeredBy).toBe('student');
    expect(observation?.call.response.choices).toMatchObject([{ message: { content: text } }]);
  });

  it('holds no more than the figures of an answer of megabytes, and goes by whole all the same', async () => {
    const long = Array.from(
      { length: 40 },
      () => `data: ${JSON.stringify({ choices: [], filler: 'x'.repeat(50_000) })}\n\n`,
    );
    const usage = { prompt_tokens: 7, completion_tokens: 900_000, total_tokens: 900_007 };
    const last = `data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`;
    const { origin, captured } = await start({ script: streaming(...long, last) });
    const text = await (await post(origin, JSON.stringify({ ...question, stream: true }))).text();
    expect(text).toBe([...long, last].join(''));
    await vi.waitFor(() => expect(captured).toHaveLength(1));
    expect(captured[0]?.call.response).toMatchObject({ usage, error: { code: 'answer_too_large' } });
  });

  it('holds an error as an error', async () => {
    const { origin, engine } = await start({
      script: (response) => sendJson(response, 400, { error: { message: 'no', code: 'bad' } }),
    });
    await (await post(origin, JSON.stringify(question))).text();
    const [observation] = await engine.seen(1);
    expect(observation?.call).toMatchObject({ status: 400, response: { error: { code: 'bad' } } });
  });

  it('never holds back or breaks the answer when it fails', async () => {
    const engine: ScriptedEngine = {
      ...scriptedEngine(),
      observe: () => {
        throw new Error('full disk');
      },
    };
    const { client, gateway } = await start({
      engine,
      gateway: {
        onCall: () => {
          throw new Error('full disk');
        },
      },
    });
    expect((await client.chat.completions.create(question)).choices[0]?.message.content).toBe('teacher says');
    await pause(20);
    expect(gateway.counts).toMatchObject({ calls: 1, captureFailures: 2 });
  });

  it('is the usage of a stream where figures are wanted, though nobody puts it together', async () => {
    const { origin, captured } = await start({
      script: streaming(...events.split(/(?<=\n\n)/)),
      settings: { capture: { default: 'figures' } },
    });
    const body = { ...question, stream: true, stream_options: { include_usage: true } };
    expect(await (await post(origin, JSON.stringify(body))).text()).toBe(events);
    await expect.poll(() => captured.length).toBe(1);
    expect(captured[0]?.call.response).toEqual({
      model: 'gpt-4o-mini-2024-07-18',
      usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
    });
  });

  it('is nothing where a tenant wants nothing kept, figures where it wants figures; students then do not answer', async () => {
    const { origin, engine, captured } = await start({
      engine: scriptedEngine(() => 'x'),
      settings: { capture: { tenants: { quiet: 'nothing', counted: 'figures' } } },
    });
    for (const tenant of ['quiet', 'counted'])
      await (await post(origin, JSON.stringify(question), { 'x-rightsize-tenant': tenant })).text();
    await pause(20);
    expect(engine.asked.every(({ forceTeacher }) => forceTeacher)).toBe(true);
    expect(engine.observed).toHaveLength(0);
    expect(captured).toHaveLength(1);
    expect(captured[0]?.call).toMatchObject({
      tenant: 'counted',
      request: { messages: [] },
      response: { usage: { total_tokens: 15 } },
    });
    expect(JSON.stringify(captured)).not.toMatch(/Where is my card|teacher says/);
  });
});

describe('errors', () => {
  it.each([
    ['{"model":', null],
    ['[]', null],
    ['{"messages":[{"role":"user","content":"x"}]}', 'model'],
    ['{"model":"m","messages":[]}', 'messages'],
    ['{"model":"m","messages":[null]}', 'messages'],
    ['{"model":"m","messages":[{"role":"user"}],"stream":"yes"}', 'stream'],
    [`${'['.repeat(100_000)}`, null],
  ])('refuse %.40s as OpenAI would: 400 and an error object', async (body, param) => {
    const { origin, upstream } = await start();
    const response = await post(origin, body);
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    expect(error).toMatchObject({ type: 'invalid_request_error', code: 'invalid_request', param });
    expect(upstream.received).toHaveLength(0);
  });

  it('of the upstream keep their status, headers and error object', async () => {
    const { client } = await start({
      script: (response) => {
        response.setHeader('retry-after', '7');
        sendJson(response, 429, { error: { message: 'slow down', type: 'requests', param: null, code: 'rate_limit' } });
      },
    });
    const error = await client.chat.completions.create({ ...question, stream: true }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ status: 429, code: 'rate_limit', type: 'requests' });
    expect((error as RateLimitError).headers.get('retry-after')).toBe('7');
  });

  it('of something before the upstream become error objects under the same status', async () => {
    const { client } = await start({
      script: (response) =>
        response.writeHead(503, { 'content-type': 'text/html', 'retry-after': '3' }).end('<h1>busy'),
    });
    const error = await client.chat.completions.create(question).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ status: 503, code: 'upstream_failed' });
    expect((error as APIError).headers?.get('retry-after')).toBe('3');
  });

  it('say that the upstream is down, too slow or not configured', async () => {
    const down = await start();
    await down.upstream.close();
    const slow = await start({ script: () => {}, settings: { upstream: { firstByteTimeoutMs: 50 } } });
    const none = await start({ gateway: { provider: null } });
    const codes = await Promise.all(
      [down, slow, none].map(async ({ client }) => {
        const error = await client.chat.completions.create(question).catch((cause: unknown) => cause);
        return error instanceof APIError ? [error.status, error.code] : error;
      }),
    );
    expect(codes).toEqual([
      [502, 'upstream_unreachable'],
      [504, 'upstream_first_byte_timeout'],
      [503, 'upstream_not_configured'],
    ]);
  });

  it('before the first byte of a stream have a real status', async () => {
    const { origin } = await start({
      script: (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        setTimeout(() => response.destroy(), 20);
      },
    });
    const response = await post(origin, JSON.stringify({ ...question, stream: true }));
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ error: { code: 'upstream_interrupted' } });
  });

  it('in the middle of a stream come as one event apart from what came before, without [DONE]', async () => {
    const { origin, client, engine } = await start({
      script: (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: {"choices":[]}\n\n');
        response.write('data: {"half', () => setTimeout(() => response.destroy(), 20));
      },
    });
    const body = await (await post(origin, JSON.stringify({ ...question, stream: true }))).text();
    const last = body.split('\n\n').at(-2) ?? '';
    expect(JSON.parse(last.slice('data: '.length))).toMatchObject({ error: { code: 'upstream_interrupted' } });
    expect(body).not.toContain('[DONE]');
    const stream = await client.chat.completions.create({ ...question, stream: true });
    await expect(
      stream[Symbol.asyncIterator]()
        .next()
        .then(() => stream[Symbol.asyncIterator]().next()),
    ).rejects.toThrow();
    const [observation] = await engine.seen(1);
    expect(observation?.call).toMatchObject({ status: 502, response: { error: { code: 'upstream_interrupted' } } });
  });

  it('in the middle of a whole answer have a real status, or cut the connection where the answer has begun', async () => {
    let begun = false;
    const { origin } = await start({
      script: (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const beginning = `{"choices":${' '.repeat(begun ? 300_000 : 0)}`;
        response.write(beginning, () => setTimeout(() => response.destroy(), 20));
      },
    });
    const early = await post(origin, JSON.stringify(question));
    expect([early.status, await early.json()]).toMatchObject([502, { error: { code: 'upstream_interrupted' } }]);
    begun = true;
    await expect(post(origin, JSON.stringify(question)).then((response) => response.text())).rejects.toThrow();
  });

  it('refuse a body over the limit with 413, whether its length is said or not', async () => {
    const { origin, upstream } = await start({ settings: { maxBodyBytes: 2_000 } });
    const large = JSON.stringify({ ...question, messages: [{ role: 'user', content: 'x'.repeat(2_000) }] });
    const said = await post(origin, large);
    expect([said.status, await said.json()]).toEqual([
      413,
      { error: expect.objectContaining({ code: 'body_too_large' }) },
    ]);
    expect(await postChunked(origin, large)).toBe(413);
    expect(upstream.received).toHaveLength(0);
    const fits = `${JSON.stringify(question).slice(0, -1)},"user":"${'x'.repeat(500)}"}`;
    expect((await post(origin, fits)).status).toBe(200);
  });

  it('answer what is no route of OpenAI’s with 404, and send on nothing that climbs out of /v1', async () => {
    const { origin, upstream } = await start();
    expect((await fetch(`${origin}/v2/x`)).status).toBe(404);
    expect(await rawGet(origin, '/v1/../secret')).toContain('404');
    expect(await rawGet(origin, '/v1/%2e%2e/secret')).toContain('404');
    expect(upstream.received).toHaveLength(0);
  });

  it('ask for the key of the gateway where it has one, and never send it on', async () => {
    process.env.GATEWAY_TEST_KEY = 'gk-1';
    const { origin, upstream } = await start({ settings: { keys: { callers: { env: 'GATEWAY_TEST_KEY' } } } });
    for (const key of ['', 'Bearer gk-2', 'gk-1'])
      expect((await post(origin, JSON.stringify(question), { authorization: key })).status).toBe(401);
    expect((await post(origin, JSON.stringify(question), { authorization: 'Bearer gk-1' })).status).toBe(200);
    expect(upstream.received).toHaveLength(1);
    expect(upstream.received[0]?.headers).not.toHaveProperty('authorization');
  });
});

describe('hanging up', () => {
  it.each([
    ['before the answer begins', false],
    ['in the middle of a stream', true],
  ])('%s closes the upstream and is captured as cancelled', async (_, begins) => {
    let onClosed = () => {};
    const closed = new Promise<void>((resolve) => {
      onClosed = resolve;
    });
    const { origin, engine, gateway } = await start({
      script: (response) => {
        response.on('close', onClosed);
        if (begins) response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {}\n\n');
      },
    });
    const caller = new AbortController();
    const asked = fetch(`${origin}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ ...question, stream: true }),
      signal: caller.signal,
    });
    if (begins) await (await asked).body?.getReader().read();
    else await pause(50);
    caller.abort();
    await asked.catch(() => {});
    await closed;
    const [observation] = await engine.seen(1);
    expect(observation?.call).toMatchObject({ status: 499, response: { error: { code: 'request_cancelled' } } });
    expect(gateway.active).toBe(0);
  });

  it('stops the upstream while the caller does not read', async () => {
    let written = 0;
    const { origin } = await start({
      script: (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const more = () => {
          while (written < 400 && response.write(Buffer.alloc(256 * 1024))) written++;
          if (written < 400) response.once('drain', more);
        };
        more();
      },
    });
    const response = await post(origin, JSON.stringify({ ...question, stream: true }));
    await pause(150);
    expect(written).toBeLessThan(200);
    await response.body?.cancel();
  });
});

describe('every other route', () => {
  it('is passed through, streamed both ways', async () => {
    const { origin, upstream, client } = await start({
      script: (response, { path }) =>
        path === '/v1/models'
          ? sendJson(response, 200, { object: 'list', data: [{ id: 'm', object: 'model' }] })
          : sendJson(response, path === '/v1/files?limit=1' ? 200 : 404, { error: { message: 'no such model' } }),
    });
    expect((await client.models.list()).data).toMatchObject([{ id: 'm' }]);
    expect((await fetch(`${origin}/v1/files?limit=1`, { method: 'POST', body: 'bytes' })).status).toBe(200);
    expect(upstream.received.at(-1)).toMatchObject({ method: 'POST', path: '/v1/files?limit=1', body: 'bytes' });
    await expect(client.models.retrieve('none')).rejects.toBeInstanceOf(NotFoundError);
  });
});

describe('draining', () => {
  it('lets running answers finish and refuses new ones with 503', async () => {
    let finish = () => {};
    let onAsked = () => {};
    const asked = new Promise<void>((resolve) => {
      onAsked = resolve;
    });
    const { origin, gateway } = await start({
      script: (response) => {
        onAsked();
        finish = () => sendJson(response, 200, completion('at last'));
      },
    });
    const running = post(origin, JSON.stringify(question));
    await asked;
    const drained = gateway.drain();
    const refused = await post(origin, JSON.stringify(question));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    finish();
    expect(await (await running).json()).toEqual(completion('at last'));
    await drained;
    expect(gateway.active).toBe(0);
  });
});

/** Keys and types, without the values: what a client's parser sees. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== '_request_id')
      .map(([key, part]) => [key, shapeOf(part)]),
  );
}

function postChunked(origin: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(`${origin}/v1/chat/completions`, { method: 'POST' }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.on('error', reject);
    outgoing.write(body.slice(0, 1_500));
    outgoing.end(body.slice(1_500));
  });
}

/** A path as it stands, which fetch would tidy up. */
function rawGet(origin: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(origin).port), '127.0.0.1', () => {
      socket.end(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    });
    let received = '';
    socket.on('data', (piece) => {
      received += piece.toString();
    });
    socket.on('end', () => resolve(received));
    socket.on('error', reject);
  });
}
