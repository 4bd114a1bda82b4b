import { createServer } from 'node:http';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { scriptedEngine } from '../../test/scripted-engine.ts';
import { completion, listen, pause, sendJson, shut, startUpstream } from '../../test/scripted-upstream.ts';
import { openUpstreams } from '../providers/fleet/open-upstreams.ts';
import { completeSettings, type SettingsInput } from '../settings.ts';
import { type CapturedCall, createGateway, type RequestEnd } from './gateway.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function upstream(script: Parameters<typeof startUpstream>[0]) {
  const started = await startUpstream(script);
  closers.push(() => started.close());
  return started;
}

async function gatewayOver(input: SettingsInput) {
  const settings = completeSettings(input);
  const provider = openUpstreams(settings);
  const ends: RequestEnd[] = [];
  const captured: CapturedCall[] = [];
  const engine = scriptedEngine();
  const gateway = createGateway({
    engine,
    provider,
    settings,
    onEnd: (end) => ends.push(end),
    onCall: (call) => captured.push(call),
  });
  const server = createServer(gateway.handle);
  const origin = await listen(server);
  closers.push(
    async () => provider?.close(),
    () => shut(server),
  );
  const ask = (body: unknown) => fetch(`${origin}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(body) });
  return { origin, ask, ends, captured, observed: engine.observed };
}

const question = { model: 'fast', messages: [{ role: 'user' as const, content: 'x' }] };
const broken = (response: Parameters<Parameters<typeof startUpstream>[0]>[0]) =>
  sendJson(response, 503, { error: { message: 'overloaded', type: 'server_error', param: null, code: null } });

/** One model on two upstreams, the second for when the first fails. */
async function pair(first: Parameters<typeof startUpstream>[0], second: Parameters<typeof startUpstream>[0]) {
  const a = await upstream(first);
  const b = await upstream(second);
  return gatewayOver({
    upstreams: { a: { baseUrl: a.baseUrl }, b: { baseUrl: b.baseUrl } },
    models: {
      fast: {
        deployments: [
          { upstream: 'a', model: 'm' },
          { upstream: 'b', model: 'm', priority: 2, price: { input: 100, output: 1_000 } },
        ],
        retries: 0,
      },
    },
  });
}

describe('a gateway over several deployments', () => {
  it('answers from the next one, says which and after how many attempts, and prices it by its own price (R1)', async () => {
    const { ask, ends } = await pair(broken, (response) => sendJson(response, 200, completion('ok')));
    const response = await ask(question);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-rightsize-deployment')).toBe('b/m');
    expect(response.headers.get('x-rightsize-attempts')).toBe('2');
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'ok' } }] });
    await pause(10);
    expect(ends[0]).toMatchObject({ deployment: 'b/m', attempts: 2, cost: (12 * 100 + 3 * 1_000) / 1e6 });
  });

  it('streams through the official client after a first upstream that died before its first event (R14, C24)', async () => {
    const { origin } = await pair(
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        setTimeout(() => response.destroy(), 20);
      },
      async (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        for (const content of ['one', ' two']) {
          await pause(20);
          const delta = {
            id: 'c',
            object: 'chat.completion.chunk',
            created: 1,
            model: 'm',
            choices: [{ index: 0, delta: { content } }],
          };
          response.write(`data: ${JSON.stringify(delta)}\n\n`);
        }
        response.end('data: [DONE]\n\n');
      },
    );
    const client = new OpenAI({ baseURL: `${origin}/v1`, apiKey: 'none', maxRetries: 0 });
    let text = '';
    for await (const chunk of await client.chat.completions.create({ ...question, stream: true }))
      text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe('one two');
  });

  it('hands the last upstream’s own error on where all fail (C22)', async () => {
    const { ask } = await pair(broken, broken);
    const response = await ask(question);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ error: { message: 'overloaded' } });
    expect(response.headers.get('x-rightsize-attempts')).toBe('2');
  });

  it('tells a failure of all of them with the number of attempts (R1)', async () => {
    const { ask } = await pair(
      (response) => response.destroy(),
      (response) => response.destroy(),
    );
    const response = await ask(question);
    expect(response.status).toBe(502);
    expect(response.headers.get('x-rightsize-attempts')).toBe('2');
    expect(await response.json()).toMatchObject({ error: { code: 'upstream_unreachable' } });
  });

  it('learns from the deployments of a model, and never from a fallback, which is another teacher', async () => {
    const good = await upstream((response) => sendJson(response, 200, completion('ok')));
    const bad = await upstream(broken);
    const spare = { deployments: [{ upstream: 'good', model: 'other' }] };
    const { ask, observed, captured } = await gatewayOver({
      upstreams: { good: { baseUrl: good.baseUrl }, bad: { baseUrl: bad.baseUrl } },
      models: { fast: { deployments: [{ upstream: 'bad', model: 'm' }], fallbacks: ['spare'], retries: 0 }, spare },
    });
    expect(await (await ask(question)).json()).toMatchObject({ choices: [{ message: { content: 'ok' } }] });
    await pause(20);
    expect(observed).toHaveLength(0);
    expect(captured[0]?.call).toMatchObject({ status: 200, request: { messages: [] }, response: { usage: {} } });
    await ask({ ...question, model: 'spare' });
    await pause(20);
    expect(observed).toHaveLength(1);
  });

  it('says when to come back where every key rests (R13)', async () => {
    const limited = (response: Parameters<typeof broken>[0]) => {
      response.setHeader('retry-after', '30');
      sendJson(response, 429, { error: { message: 'slow down', code: 'rate_limit_exceeded' } });
    };
    const { ask } = await pair(limited, limited);
    expect((await ask(question)).status).toBe(429);
    const response = await ask(question);
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('30');
    expect(await response.json()).toMatchObject({ error: { code: 'upstream_cooling' } });
  });

  it('answers 404 for a model that no alias names where there is no default upstream (C21)', async () => {
    const { ask } = await pair(broken, broken);
    const response = await ask({ ...question, model: 'gpt-9' });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'model_not_found' } });
  });

  it('tells an empty answer from none, and who gave it (C23)', async () => {
    const { ask } = await pair((response) => response.writeHead(204).end(), broken);
    const response = await ask(question);
    expect(response.status).toBe(502);
    expect(response.headers.get('x-rightsize-deployment')).toBe('a/m');
  });
});
