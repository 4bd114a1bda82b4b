import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type ScriptedUpstream, sendJson, startUpstream } from '../../../test/scripted-upstream.ts';
import type { JsonObject } from '../../records/call.ts';
import { completionEvents } from '../completion-chunks.ts';
import { describeProvider, type KnownAnswer } from '../provider.contract.ts';
import type { Provider, UpstreamRequest } from '../provider.ts';
import { createOpenAiCompatibleProvider } from './openai-compatible-provider.ts';

const limits = {
  apiKey: null as string | null,
  connectTimeoutMs: 500,
  firstByteTimeoutMs: 5_000,
  idleTimeoutMs: 5_000,
  totalTimeoutMs: 5_000,
  maxConnections: 8,
};

function answering(answers: readonly KnownAnswer[]): Parameters<typeof startUpstream>[0] {
  return (response, { path, body }) => {
    if (path === '/v1/models') return sendJson(response, 200, { object: 'list', data: [{ id: 'small' }] });
    const asked = JSON.parse(body) as JsonObject;
    const found = answers.find(({ request }) => request.temperature === asked.temperature);
    if (asked.stream !== true || found?.status !== 200)
      return sendJson(response, found?.status ?? 404, found?.response);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of completionEvents(found.response, true)) response.write(event);
    response.end();
  };
}

describeProvider('openai-compatible', async (answers) => {
  const upstream = await startUpstream(answering(answers));
  return {
    provider: createOpenAiCompatibleProvider({ ...limits, baseUrl: upstream.baseUrl }),
    close: () => upstream.close(),
  };
});

describe('openai-compatible provider', () => {
  const closers: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function start(script: Parameters<typeof startUpstream>[0], change: Partial<typeof limits> = {}) {
    const upstream = await startUpstream(script);
    const provider = createOpenAiCompatibleProvider({ ...limits, ...change, baseUrl: `${upstream.baseUrl}/` });
    closers.push(
      () => upstream.close(),
      () => provider.close(),
    );
    return { upstream, provider };
  }

  function send(provider: Provider, change: Partial<UpstreamRequest> = {}) {
    return provider.send({
      method: 'POST',
      path: '/chat/completions?trace=1',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from('{ "n": 1.0 }'),
      signal: new AbortController().signal,
      ...change,
    });
  }

  function last(upstream: ScriptedUpstream) {
    return upstream.received.at(-1);
  }

  it("sends the caller's own bytes, path and query", async () => {
    const { upstream, provider } = await start((response) => sendJson(response, 200, {}));
    await (await send(provider)).body.toArray();
    expect(last(upstream)).toMatchObject({
      method: 'POST',
      path: '/v1/chat/completions?trace=1',
      body: '{ "n": 1.0 }',
    });
  });

  it('keeps what belongs to the connection or to this program from travelling on', async () => {
    const { upstream, provider } = await start((response) =>
      response
        .writeHead(200, { connection: 'x-mine', 'x-mine': '1', 'x-rightsize-call': 'forged', 'x-request-id': 'r' })
        .end('{}'),
    );
    const response = await send(provider, {
      headers: {
        host: 'elsewhere',
        connection: 'keep-alive, x-private',
        'x-private': '1',
        te: 'trailers',
        'x-rightsize-task': 't',
        'x-forwarded-for': '10.0.0.1',
        'openai-beta': 'kept',
      },
    });
    await response.body.toArray();
    expect(last(upstream)?.headers).toMatchObject({ host: new URL(upstream.baseUrl).host, 'openai-beta': 'kept' });
    for (const dropped of ['x-private', 'te', 'x-rightsize-task', 'x-forwarded-for'])
      expect(last(upstream)?.headers).not.toHaveProperty(dropped);
    expect(response.headers).toMatchObject({ 'x-request-id': 'r' });
    expect(response.headers).not.toHaveProperty('x-mine');
    expect(response.headers).not.toHaveProperty('x-rightsize-call');
  });

  it("passes the caller's key on when none is configured, and never when one is", async () => {
    const callers = { authorization: 'Bearer callers', 'x-api-key': 'callers' };
    const open = await start((response) => sendJson(response, 200, {}));
    await (await send(open.provider, { headers: callers })).body.toArray();
    expect(last(open.upstream)?.headers).toMatchObject(callers);
    const keyed = await start((response) => sendJson(response, 200, {}), { apiKey: 'ours' });
    await (await send(keyed.provider, { headers: callers })).body.toArray();
    expect(last(keyed.upstream)?.headers.authorization).toBe('Bearer ours');
    expect(last(keyed.upstream)?.headers).not.toHaveProperty('x-api-key');
  });

  it('says that nobody listens', async () => {
    const { provider, upstream } = await start(() => {});
    await upstream.close();
    await expect(send(provider)).rejects.toMatchObject({ code: 'upstream_unreachable', status: 502 });
  });

  it('R8: has a limit of its own, with a code of its own, for each kind of silence', async () => {
    const silent = await start(() => {}, { firstByteTimeoutMs: 60 });
    await expect(send(silent.provider)).rejects.toMatchObject({ code: 'upstream_first_byte_timeout', status: 504 });
    const dripping = await start(
      (response) => {
        response.writeHead(200).write('x');
        const drip = setInterval(() => response.write('x'), 20);
        response.on('close', () => clearInterval(drip));
      },
      { totalTimeoutMs: 120 },
    );
    const endless = await send(dripping.provider);
    const error = await endless.body.toArray().catch(endless.failure);
    expect(error).toMatchObject({ code: 'upstream_total_timeout' });
    const stalled = await start((response) => void response.writeHead(200).write('x'), { idleTimeoutMs: 60 });
    const half = await send(stalled.provider);
    expect(await half.body.toArray().catch(half.failure)).toMatchObject({ code: 'upstream_idle_timeout' });
  });

  it('says that an answer broke off', async () => {
    const { provider } = await start((response) => {
      response.writeHead(200).write('half', () => response.destroy());
    });
    const response = await send(provider);
    expect(await response.body.toArray().catch(response.failure)).toMatchObject({ code: 'upstream_interrupted' });
  });

  it("closes the upstream's connection when the caller hangs up", async () => {
    let onClose = () => {};
    const closed = new Promise<void>((resolve) => {
      onClose = resolve;
    });
    const { provider } = await start((response) => {
      response.on('close', onClose);
      response.writeHead(200).write('x');
    });
    const caller = new AbortController();
    const response = await send(provider, { signal: caller.signal });
    response.body.on('error', () => {});
    caller.abort(new Error('gone'));
    await closed;
  });

  /** Answers so many requests of each connection, then closes it on the next one. */
  async function startClosing(answers: number) {
    let requests = 0;
    const server = createServer((socket) => {
      let left = requests === 0 ? answers : Number.POSITIVE_INFINITY;
      socket.on('error', () => {});
      socket.on('data', () => {
        requests++;
        if (left-- > 0) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
        else socket.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const baseUrl = `http://127.0.0.1:${port}/v1`;
    const provider = createOpenAiCompatibleProvider({ ...limits, baseUrl, maxConnections: 1 });
    closers.push(
      () => new Promise((resolve) => server.close(resolve)),
      () => provider.close(),
    );
    const ask = async () => Buffer.concat(await (await send(provider)).body.toArray()).toString();
    return { ask, requests: () => requests };
  }

  it('R7: sends again once where the upstream closed a pooled connection', async () => {
    const { ask, requests } = await startClosing(1);
    expect(await ask()).toBe('{}');
    expect(await ask()).toBe('{}');
    expect(requests()).toBe(3);
  });

  it('R7: sends nothing again that a new connection was closed on', async () => {
    const { ask, requests } = await startClosing(0);
    await expect(ask()).rejects.toMatchObject({ code: 'upstream_unreachable' });
    expect(requests()).toBe(1);
  });
});
