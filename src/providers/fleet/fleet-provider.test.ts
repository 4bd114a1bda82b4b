import { afterEach, describe, expect, it } from 'vitest';
import { completion, pause, sendJson, startUpstream } from '../../../test/scripted-upstream.ts';
import { completeSettings, type SettingsInput } from '../../settings.ts';
import type { Provider, UpstreamRequest, UpstreamResponse } from '../provider.ts';
import type { FleetClock } from './fleet-parts.ts';
import type { Fleet } from './fleet-provider.ts';
import { openUpstreams } from './open-upstreams.ts';

type Script = Parameters<typeof startUpstream>[0];

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function upstream(script: Script) {
  const started = await startUpstream(script);
  closers.push(() => started.close());
  return started;
}

/** Time that passes only where somebody waits for it. */
function fakeClock(draw = 0.5): FleetClock & { readonly pauses: number[]; advance(ms: number): void } {
  let now = 1_000_000;
  const pauses: number[] = [];
  return {
    pauses,
    now: () => now,
    date: () => now,
    draw: () => draw,
    advance(ms) {
      now += ms;
    },
    async pause(ms) {
      pauses.push(ms);
      now += ms;
    },
  };
}

function open(settings: SettingsInput, clock: FleetClock = fakeClock()): Fleet {
  const provider = openUpstreams(completeSettings(settings), { clock }) as Fleet;
  closers.push(() => provider.close());
  return provider;
}

function send(provider: Provider, change: Partial<UpstreamRequest> = {}): Promise<UpstreamResponse> {
  return provider.send({
    method: 'POST',
    path: '/chat/completions',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{"model":"fast","seed":1.0}'),
    model: 'fast',
    signal: new AbortController().signal,
    ...change,
  });
}

async function textOf({ body }: UpstreamResponse): Promise<string> {
  return Buffer.concat(await body.toArray()).toString();
}

/** Answers with each status once, then with 200. */
function failing(
  ...answers: readonly (number | { status: number; headers?: Record<string, string>; body?: unknown })[]
): Script {
  const left = [...answers];
  return (response) => {
    const next = left.shift() ?? 200;
    const { status, headers = {}, body } = typeof next === 'number' ? { status: next } : next;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    sendJson(response, status, body ?? (status === 200 ? completion('ok') : { error: { message: 'no', code: 'x' } }));
  };
}

describe('a fleet of one deployment', () => {
  async function one(
    script: Script,
    model: Record<string, unknown> = {},
    clock: ReturnType<typeof fakeClock> = fakeClock(),
    more = {},
  ) {
    const server = await upstream(script);
    const fleet = open(
      {
        upstreams: { a: { baseUrl: server.baseUrl, ...more } },
        models: { fast: { deployments: [{ upstream: 'a', model: 'big-1' }], ...model } },
      },
      clock,
    );
    return { server, fleet, clock };
  }

  it('R1: two failures, then the answer, after jittered pauses; it says how often it asked', async () => {
    const { server, fleet, clock } = await one(failing(503, 503), { retries: 2 });
    const response = await send(fleet);
    expect(response).toMatchObject({ status: 200, attempts: 3, deployment: 'a/big-1' });
    expect(await textOf(response)).toContain('ok');
    expect(server.received).toHaveLength(3);
    expect(clock.pauses).toEqual([250, 500]);
  });

  it('sends its own name of the model, and every other byte as it came (C1)', async () => {
    const { server, fleet } = await one(failing());
    await textOf(await send(fleet));
    expect(server.received[0]?.body).toBe('{"model":"big-1","seed":1.0}');
  });

  it.each([
    [{ 'retry-after': '2' }],
    [{ 'retry-after-ms': '2000' }],
    [{ 'retry-after': new Date(1_000_000 + 2_000).toUTCString() }],
  ])('R2: waits as long as %j asks', async (headers) => {
    const { fleet, clock } = await one(failing({ status: 429, headers }), { retries: 1 });
    expect((await send(fleet)).status).toBe(200);
    expect(clock.pauses[0]).toBeGreaterThanOrEqual(2_000);
    expect(clock.pauses[0]).toBeLessThanOrEqual(2_500);
  });

  it('R2: hands a 429 that asks for too long a wait on at once, with its header and body', async () => {
    const { server, fleet, clock } = await one(failing({ status: 429, headers: { 'retry-after': '3600' } }), {
      retries: 5,
    });
    const response = await send(fleet);
    expect(response).toMatchObject({ status: 429, headers: { 'retry-after': '3600' }, attempts: 1 });
    expect(await textOf(response)).toContain('"code":"x"');
    expect(clock.pauses).toEqual([]);
    expect(server.received).toHaveLength(1);
  });

  it('R3: honours the hint of every attempt', async () => {
    const hints = ['1', '3', '5'].map((seconds) => ({ status: 429, headers: { 'retry-after': seconds } }));
    const { fleet, clock } = await one(failing(...hints), { retries: 3 });
    expect((await send(fleet)).status).toBe(200);
    expect(clock.pauses.map((ms) => Math.floor(ms / 1_000))).toEqual([1, 3, 5]);
  });

  it('R5: retries a thousand failed calls at most 200 times', async () => {
    const { server, fleet } = await one((response) => sendJson(response, 503, {}), { retries: 2 }, fakeClock(), {
      breaker: { failures: 1_000 },
      maxConnections: 64,
    });
    const statuses = await Promise.all(
      Array.from({ length: 1_000 }, async () => {
        const answer = await send(fleet).catch((error: { status: number }) => ({ status: error.status }));
        return answer.status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([503]));
    expect(server.received.length).toBeGreaterThan(1_000);
    expect(server.received.length).toBeLessThanOrEqual(1_200);
  });

  it.each([400, 401, 403, 404, 413, 422])('R6: sends no %i again', async (status) => {
    const { server, fleet } = await one(failing(status), { retries: 3 });
    expect((await send(fleet)).status).toBe(status);
    expect(server.received).toHaveLength(1);
  });

  it.each([408, 409, 429, 500, 502, 529])('R6: sends a %i again', async (status) => {
    const { fleet } = await one(failing(status), { retries: 1 });
    expect(await send(fleet)).toMatchObject({ status: 200, attempts: 2 });
  });

  it('R6: sends nothing again where the quota is spent, or the upstream says not to', async () => {
    const spent = { status: 429, body: { error: { code: 'insufficient_quota' } } };
    const { server, fleet } = await one(failing(spent), { retries: 3 });
    const response = await send(fleet);
    expect(response.status).toBe(429);
    expect(await textOf(response)).toContain('insufficient_quota');
    expect(server.received).toHaveLength(1);
    const told = await one(failing({ status: 500, headers: { 'x-should-retry': 'false' } }), { retries: 3 });
    expect((await send(told.fleet)).status).toBe(500);
    expect(told.server.received).toHaveLength(1);
  });

  it('R6: sends nothing again once a byte has come', async () => {
    const { server, fleet } = await one(
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {}\n\n');
        setTimeout(() => response.destroy(), 30);
      },
      { retries: 3 },
    );
    const response = await send(fleet);
    expect(await response.body.toArray().catch(response.failure)).toMatchObject({ code: 'upstream_interrupted' });
    expect(server.received).toHaveLength(1);
  });

  it('sends a body that streams only once', async () => {
    const { Readable } = await import('node:stream');
    const { server, fleet } = await one(failing(503), { retries: 3 });
    expect((await send(fleet, { body: Readable.from(['{}'], { objectMode: false }) })).status).toBe(503);
    expect(server.received).toHaveLength(1);
  });

  it('R12: opens after five failures, asks nobody while open, lets one call try, and closes', async () => {
    const { server, fleet, clock } = await one(failing(500, 500, 500, 500, 500), { retries: 0 });
    for (let call = 0; call < 5; call++) expect((await send(fleet)).status).toBe(500);
    expect(fleet.states()[0]).toMatchObject({ state: 'open', failures: 5, availableInMs: 15_000 });
    await expect(send(fleet)).rejects.toMatchObject({
      code: 'upstream_unavailable',
      status: 503,
      headers: { 'retry-after': '15' },
    });
    expect(server.received).toHaveLength(5);
    clock.advance(15_000);
    expect(fleet.states()[0]?.state).toBe('half-open');
    const [probe, refused] = await Promise.allSettled([send(fleet), send(fleet)]);
    expect([probe?.status, refused?.status]).toEqual(['fulfilled', 'rejected']);
    expect(fleet.states()[0]).toMatchObject({ state: 'closed', failures: 0 });
  });

  it('R12: a retry that waits is not sent when the breaker has opened meanwhile', async () => {
    const clock = fakeClock();
    const { server, fleet } = await one(
      failing(500, 500, 500, 500, 500, 500),
      { retries: 1 },
      {
        ...clock,
        async pause(ms) {
          clock.advance(ms);
          if (clock.pauses.push(ms) > 1) return;
          for (let call = 0; call < 2; call++) await send(fleet);
        },
      },
    );
    expect((await send(fleet)).status).toBe(500);
    expect(fleet.states()[0]?.state).toBe('open');
    expect(server.received).toHaveLength(5);
  });

  it('R12, R13: 429 opens no breaker but rests the key, and says until when', async () => {
    const limited = { status: 429, headers: { 'retry-after': '7' } };
    const { server, fleet, clock } = await one(failing(limited, limited, limited, limited, limited, limited), {
      retries: 0,
    });
    expect((await send(fleet)).status).toBe(429);
    await expect(send(fleet)).rejects.toMatchObject({
      code: 'upstream_cooling',
      status: 429,
      headers: { 'retry-after': '7' },
    });
    expect(server.received).toHaveLength(1);
    expect(fleet.states()[0]).toMatchObject({ state: 'cooling', failures: 0 });
    for (let call = 0; call < 5; call++) {
      clock.advance(7_000);
      expect((await send(fleet)).status).toBe(429);
    }
    expect(fleet.states()[0]?.failures).toBe(0);
  });

  it('R9: a caller who hangs up is no failure, and ends the wait', async () => {
    const { fleet } = await one(() => {}, { retries: 3 });
    const caller = new AbortController();
    const sending = send(fleet, { signal: caller.signal });
    await pause(30);
    expect(fleet.states()[0]?.inFlight).toBe(1);
    caller.abort(new Error('gone'));
    await expect(sending).rejects.toThrow('gone');
    expect(fleet.states()[0]).toMatchObject({ inFlight: 0, failures: 0 });
  });

  it('R21: counts a running call until its body ends', async () => {
    const { fleet } = await one(failing());
    const response = await send(fleet);
    await textOf(response);
    await pause(10);
    expect(fleet.states()[0]?.inFlight).toBe(0);
  });
});

describe('a fleet of several deployments', () => {
  async function two(
    first: Script,
    second: Script,
    model: Record<string, unknown> = {},
    clock: FleetClock = fakeClock(),
  ) {
    const a = await upstream(first);
    const b = await upstream(second);
    const fleet = open(
      {
        upstreams: { a: { baseUrl: a.baseUrl, firstByteTimeoutMs: 200 }, b: { baseUrl: b.baseUrl } },
        models: {
          fast: {
            deployments: [
              { upstream: 'a', model: 'm', priority: 1, price: { input: 1, output: 2 } },
              { upstream: 'b', model: 'm', priority: 2 },
            ],
            ...model,
          },
        },
      },
      clock,
    );
    return { a, b, fleet };
  }

  it('asks the next one at once where the first fails', async () => {
    const clock = fakeClock();
    const { fleet } = await two(failing(503), failing(), {}, clock);
    expect(await send(fleet)).toMatchObject({ status: 200, deployment: 'b/m', attempts: 2 });
    expect(clock.pauses).toEqual([]);
  });

  it('R12: leaves a key that rests alone and asks the other', async () => {
    const { a, fleet } = await two(failing({ status: 429, headers: { 'retry-after': '60' } }), failing());
    for (let call = 0; call < 3; call++) expect(await send(fleet)).toMatchObject({ status: 200, deployment: 'b/m' });
    expect(a.received).toHaveLength(1);
  });

  it('R13: says when the first of them may be asked again where all rest', async () => {
    const limited = (seconds: string): Script => failing({ status: 429, headers: { 'retry-after': seconds } });
    const { fleet } = await two(limited('60'), limited('20'), { retries: 0 });
    expect((await send(fleet)).status).toBe(429);
    await expect(send(fleet)).rejects.toMatchObject({ code: 'upstream_cooling', headers: { 'retry-after': '20' } });
  });

  it('R14, C24: goes on to the next where the first dies behind its headers, before a byte', async () => {
    const { fleet } = await two((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      setTimeout(() => response.destroy(), 20);
    }, failing());
    expect(await send(fleet)).toMatchObject({ status: 200, deployment: 'b/m', attempts: 2 });
  });

  it('R8, R14: goes on to the next where the first is silent behind its headers', async () => {
    const { fleet } = await two((response) => response.writeHead(200).flushHeaders(), failing());
    const startedAt = performance.now();
    expect(await send(fleet)).toMatchObject({ status: 200, deployment: 'b/m', attempts: 2 });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(fleet.states()[0]).toMatchObject({ failures: 1, inFlight: 0 });
  });

  it('R14: goes on to the next where the first is silent or cannot be reached', async () => {
    const silent = await two(() => {}, failing());
    expect(await send(silent.fleet)).toMatchObject({ deployment: 'b/m' });
    const gone = await two(() => {}, failing());
    await gone.a.close();
    closers.splice(
      closers.findIndex(() => true),
      0,
    );
    expect(await send(gone.fleet)).toMatchObject({ deployment: 'b/m' });
  });

  it('R14: begins nothing new when the call has no time left', async () => {
    const { b, fleet } = await two(
      () => {},
      failing(),
      { totalTimeoutMs: 100 },
      {
        ...fakeClock(),
        now: () => performance.now(),
      },
    );
    await expect(send(fleet)).rejects.toMatchObject({ code: 'upstream_total_timeout', status: 504 });
    expect(b.received).toHaveLength(0);
  });

  it('R14: waits for no retry that an official client would not live to see', async () => {
    const clock = fakeClock();
    const limited = { status: 429, headers: { 'retry-after': '3' } };
    const { fleet } = await two(failing(limited), failing(limited), { retries: 1 }, clock);
    expect(await send(fleet, { headers: { 'x-stainless-timeout': '2' } })).toMatchObject({ status: 429, attempts: 2 });
    expect(clock.pauses).toEqual([]);
  });

  it('asks the fallback models when all of this one have failed', async () => {
    const a = await upstream(failing(500, 500));
    const b = await upstream(failing());
    const fleet = open({
      upstreams: { a: { baseUrl: a.baseUrl }, b: { baseUrl: b.baseUrl } },
      models: {
        fast: { deployments: [{ upstream: 'a', model: 'm' }], fallbacks: ['spare'], retries: 1 },
        spare: { deployments: [{ upstream: 'b', model: 'other' }] },
      },
    });
    expect(await send(fleet)).toMatchObject({ status: 200, deployment: 'b/other', attempts: 3 });
    expect(JSON.parse(b.received[0]?.body ?? '{}').model).toBe('other');
  });

  it('hands on what a deployment costs', async () => {
    const { fleet } = await two(failing(), failing());
    expect((await send(fleet)).price).toEqual({ input: 1, output: 2, cachedInput: null });
  });

  it('hedges only where it is asked for, and hangs up on the slow one', async () => {
    const { systemClock } = await import('./fleet-parts.ts');
    let isHungUp = false;
    const slow: Script = async (response) => {
      response.on('close', () => {
        isHungUp = !response.writableFinished;
      });
      await pause(500);
      if (!response.destroyed) sendJson(response, 200, {});
    };
    const { fleet } = await two(slow, failing(), { hedge: { afterMs: 30 } }, systemClock);
    const response = await send(fleet);
    expect(response).toMatchObject({ status: 200, deployment: 'b/m', attempts: 2 });
    await textOf(response);
    await pause(50);
    expect(isHungUp).toBe(true);
    expect(fleet.states().map(({ inFlight, failures }) => [inFlight, failures])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it('R9: hangs up on both where the caller hangs up, and holds neither for a failure', async () => {
    const { systemClock } = await import('./fleet-parts.ts');
    const { a, b, fleet } = await two(
      () => {},
      () => {},
      { hedge: { afterMs: 20 } },
      systemClock,
    );
    const caller = new AbortController();
    const sending = send(fleet, { signal: caller.signal });
    await pause(80);
    expect([a.received.length, b.received.length]).toEqual([1, 1]);
    caller.abort(new Error('gone'));
    await expect(sending).rejects.toThrow('gone');
    await pause(10);
    expect(fleet.states()).toMatchObject([
      { inFlight: 0, failures: 0 },
      { inFlight: 0, failures: 0 },
    ]);
  });

  it('does not hedge an answer that came in time, nor a stream that has begun', async () => {
    const { systemClock } = await import('./fleet-parts.ts');
    const dripping: Script = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
      await pause(120);
      response.end('data: [DONE]\n\n');
    };
    const { b, fleet } = await two(dripping, failing(), { hedge: { afterMs: 60 } }, systemClock);
    const response = await send(fleet);
    expect(await textOf(response)).toBe('data: 1\n\ndata: [DONE]\n\n');
    expect(response).toMatchObject({ deployment: 'a/m', attempts: 1 });
    expect(b.received).toHaveLength(0);
  });
});

describe('upstreams by the settings', () => {
  it('sends what names no alias to the default upstream, unchanged and without a fleet’s marks', async () => {
    const main = await upstream(failing());
    const other = await upstream(failing());
    const fleet = open({
      upstream: { baseUrl: main.baseUrl },
      upstreams: { a: { baseUrl: other.baseUrl } },
      models: { fast: { deployments: [{ upstream: 'a', model: 'm' }] } },
    });
    const response = await send(fleet, { model: 'else', body: Buffer.from('{"model":"else"}') });
    await textOf(response);
    expect(response.deployment).toBeUndefined();
    expect(main.received[0]?.body).toBe('{"model":"else"}');
  });

  it('makes no fleet of a default upstream alone, and one of one with retries', async () => {
    const server = await upstream(failing(503));
    const plain = openUpstreams(completeSettings({ upstream: { baseUrl: server.baseUrl } }));
    expect(plain).not.toHaveProperty('states');
    await plain?.close();
    const fleet = open({ upstream: { baseUrl: server.baseUrl, retries: 1 } });
    expect(await send(fleet)).toMatchObject({ status: 200, attempts: 2 });
  });

  it('lets every call decide for itself at a default upstream with retries: nobody is kept from it', async () => {
    const limited = { status: 429, headers: { 'retry-after': '60' } };
    const server = await upstream(failing(limited, 500, 500, 500, 500, 500, 500));
    const fleet = open({ upstream: { baseUrl: server.baseUrl, retries: 1 } });
    expect(await send(fleet)).toMatchObject({ status: 429, attempts: 1 });
    for (let call = 0; call < 3; call++) expect(await send(fleet)).toMatchObject({ status: 500, attempts: 2 });
    expect(await send(fleet)).toMatchObject({ status: 200 });
    expect(fleet.states()[0]).toMatchObject({ state: 'closed', failures: 0 });
  });

  it('C21: knows no model but its own where there is no default upstream', async () => {
    const server = await upstream(failing());
    const fleet = open({
      upstreams: { a: { baseUrl: server.baseUrl } },
      models: { fast: { deployments: [{ upstream: 'a', model: 'm' }] } },
    });
    await expect(send(fleet, { model: 'slow' })).rejects.toMatchObject({ code: 'model_not_found', status: 404 });
  });

  it('C31: lists the aliases before the models of the default upstream, and tells of each', async () => {
    const list = {
      object: 'list',
      data: [
        { id: 'gpt-4o', object: 'model' },
        { id: 'fast', object: 'model' },
      ],
    };
    const main = await upstream((response, { path }) =>
      path === '/v1/models' ? sendJson(response, 200, list) : sendJson(response, 200, { id: path }),
    );
    const models = { fast: { deployments: [{ upstream: 'a', model: 'm' }] } };
    const upstreams = { a: { baseUrl: main.baseUrl } };
    const ask = async (fleet: Fleet, path: string) =>
      JSON.parse(await textOf(await send(fleet, { method: 'GET', path, model: null, body: null })));
    const fleet = open({ upstream: { baseUrl: main.baseUrl }, upstreams, models });
    expect((await ask(fleet, '/models')).data.map(({ id }: { id: string }) => id)).toEqual(['fast', 'gpt-4o']);
    expect(await ask(fleet, '/models/fast')).toMatchObject({ id: 'fast', object: 'model', owned_by: 'rightsize' });
    expect(await ask(fleet, '/models/gpt-4o')).toEqual({ id: '/v1/models/gpt-4o' });
    const alone = open({ upstreams, models });
    expect(await ask(alone, '/models?x=1')).toMatchObject({ object: 'list', data: [{ id: 'fast' }] });
    await expect(ask(alone, '/models/gpt-4o')).rejects.toMatchObject({ code: 'model_not_found' });
  });

  it('refuses an endpoint that no upstream of the model has', async () => {
    const server = await upstream(failing());
    const fleet = open({
      upstreams: { a: { kind: 'groq', baseUrl: server.baseUrl } },
      models: { fast: { deployments: [{ upstream: 'a', model: 'm' }] } },
    });
    await expect(send(fleet, { path: '/embeddings' })).rejects.toMatchObject({ code: 'endpoint_not_supported' });
    expect(server.received).toHaveLength(0);
  });

  it('S6: a key goes to its own upstream only, and a caller’s own key to the default upstream only', async () => {
    const main = await upstream(failing());
    const a = await upstream((response) => response.writeHead(307, { location: `${main.baseUrl}/stolen` }).end());
    process.env.KEY_OF_A = 'secret-of-a';
    const fleet = open({
      upstream: { baseUrl: main.baseUrl },
      upstreams: { a: { baseUrl: a.baseUrl, apiKey: { env: 'KEY_OF_A' } }, open: { baseUrl: a.baseUrl } },
      models: {
        keyed: { deployments: [{ upstream: 'a', model: 'm' }] },
        open: { deployments: [{ upstream: 'open', model: 'm' }] },
      },
    });
    const headers = { authorization: 'Bearer callers', 'api-key': 'callers', 'x-api-key': 'callers' };
    for (const model of ['keyed', 'open', 'else']) await textOf(await send(fleet, { model, headers }));
    expect(a.received.map(({ headers: sent }) => sent.authorization)).toEqual(['Bearer secret-of-a', undefined]);
    for (const { headers: sent } of a.received) expect(JSON.stringify(sent)).not.toContain('callers');
    expect(main.received).toHaveLength(1);
    expect(main.received[0]?.headers.authorization).toBe('Bearer callers');
  });

  it('asks a stream for its usage where the upstream is known to say it, under the deployment’s model (C9)', async () => {
    const server = await upstream(failing());
    const deployment = (name: string) => ({ deployments: [{ upstream: name, model: 'm' }] });
    const fleet = open({
      upstream: { baseUrl: server.baseUrl },
      upstreams: { known: { baseUrl: server.baseUrl }, refusing: { kind: 'mistral', baseUrl: server.baseUrl } },
      models: { known: deployment('known'), refusing: deployment('refusing') },
    });
    const metered = Buffer.from('{"stream_options":{"include_usage":true},"model":"x","max_completion_tokens":1.0}');
    const plain = Buffer.from('{"model":"x","max_completion_tokens":1.0}');
    const marks: unknown[] = [];
    for (const model of ['known', 'refusing', 'else']) {
      const response = await send(fleet, { model, body: plain, meteredBody: metered });
      marks.push(response.isMetered ?? false);
      await textOf(response);
    }
    expect(marks).toEqual([true, false, false]);
    expect(server.received.map(({ body }) => body)).toEqual([
      '{"stream_options":{"include_usage":true},"model":"m","max_completion_tokens":1.0}',
      '{"model":"m","max_tokens":1.0}',
      '{"model":"x","max_completion_tokens":1.0}',
    ]);
  });

  it('shares the health of a deployment between aliases', async () => {
    const server = await upstream(failing({ status: 429, headers: { 'retry-after': '9' } }));
    const deployments = [{ upstream: 'a', model: 'm' }];
    const fleet = open({
      upstreams: { a: { baseUrl: server.baseUrl } },
      models: { fast: { deployments, retries: 0 }, also: { deployments } },
    });
    await textOf(await send(fleet));
    await expect(send(fleet, { model: 'also' })).rejects.toMatchObject({ code: 'upstream_cooling' });
    expect(fleet.states()).toMatchObject([{ aliases: ['fast', 'also'] }]);
  });
});
