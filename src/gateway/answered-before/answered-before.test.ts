import { createServer } from 'node:http';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { scriptedEngine } from '../../../test/scripted-engine.ts';
import { completion, listen, pause, sendJson, shut, startUpstream } from '../../../test/scripted-upstream.ts';
import { openAccess } from '../../access/open-access.ts';
import { completionEvents } from '../../providers/completion-chunks.ts';
import { createOpenAiCompatibleProvider } from '../../providers/openai-compatible/openai-compatible-provider.ts';
import { completeSettings, type SettingsInput } from '../../settings.ts';
import { openStore } from '../../storage/open-store.ts';
import { type CapturedCall, createGateway, type RequestEnd } from '../gateway.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Script = Parameters<typeof startUpstream>[0];

async function start({ settings = {}, script }: { settings?: SettingsInput; script?: Script } = {}) {
  let answers = 0;
  const upstream = await startUpstream(
    script ?? ((response) => sendJson(response, 200, completion(`answer ${++answers}`))),
  );
  const complete = completeSettings({ upstream: { baseUrl: upstream.baseUrl }, ...settings });
  const provider = createOpenAiCompatibleProvider({ ...complete.upstream, baseUrl: upstream.baseUrl, apiKey: null });
  const access = await openAccess({ store: await openStore(':memory:'), settings: complete });
  const captured: CapturedCall[] = [];
  const ends: RequestEnd[] = [];
  const time = { at: Date.UTC(2026, 10, 25) };
  const gateway = createGateway({
    engine: scriptedEngine(),
    provider,
    settings: complete,
    gatekeeper: access.gate,
    now: () => time.at,
    onCall: (call) => void captured.push(call),
    onEnd: (end) => void ends.push(end),
  });
  const server = createServer(gateway.handle);
  const origin = await listen(server);
  closers.push(
    () => upstream.close(),
    () => provider.close(),
    () => shut(server),
  );
  const keyFor = async (tenant: string, limits = {}, models: readonly string[] | null = null) =>
    (await access.keyring.add({ name: tenant, tenant, models, limits, expiresAt: null })).secret;
  const ask = (headers: Record<string, string> = {}, change: object = {}, path = '/v1/chat/completions') =>
    fetch(origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ ...question, ...change }),
    });
  return { upstream, gateway, access, origin, captured, ends, time, keyFor, ask };
}

const question = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'Where is my card?' }] };

async function said(response: Response): Promise<string> {
  const body = (await response.json()) as ReturnType<typeof completion>;
  return body.choices[0]?.message.content ?? '';
}

describe('R24: a request that names itself', () => {
  it('is answered, metered and captured once, however often it is sent', async () => {
    const { ask, access, keyFor, upstream, captured, ends } = await start();
    const key = await keyFor('shop', { requestsPerDay: 1 });
    const headers = { authorization: `Bearer ${key}`, 'idempotency-key': 'order-7' };
    const first = await ask(headers);
    const again = await ask({ ...headers, 'x-stainless-retry-count': '1' });
    const call = first.headers.get('x-rightsize-call');
    expect([await said(first), await said(again)]).toEqual(['answer 1', 'answer 1']);
    expect(again.headers.get('x-rightsize-call')).toBe(call);
    expect([first.headers.get('x-rightsize-replayed'), again.headers.get('x-rightsize-replayed')]).toEqual([
      null,
      'true',
    ]);
    expect(upstream.received).toHaveLength(1);
    await pause(20);
    expect(captured).toHaveLength(1);
    expect(access.useOf(key.split('_')[1] ?? '').today).toMatchObject({ requests: 1, tokens: 15 });
    expect(ends.map(({ answeredBy, cost }) => [answeredBy, cost === 0])).toEqual([
      ['teacher', false],
      ['cache', true],
    ]);
  });

  it('waits for its first attempt where that is still being answered, as with the official client', async () => {
    const { origin, upstream } = await start({
      script: async (response) => {
        await pause(50);
        sendJson(response, 200, completion('once'));
      },
    });
    const client = new OpenAI({ baseURL: `${origin}/v1`, apiKey: 'x', maxRetries: 0 });
    const options = { headers: { 'Idempotency-Key': 'same' } };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => client.chat.completions.create(question, options)),
    );
    expect(answers.map(({ choices }) => choices[0]?.message.content)).toEqual(Array(5).fill('once'));
    expect(upstream.received).toHaveLength(1);
  });

  it('is asked anew after an error, and after its first caller hung up', async () => {
    let calls = 0;
    const { ask, origin, upstream } = await start({
      script: async (response) => {
        calls++;
        if (calls === 1) return sendJson(response, 500, { error: { message: 'broken' } });
        if (calls === 2) await pause(200);
        return sendJson(response, 200, completion(`answer ${calls}`));
      },
    });
    const headers = { 'idempotency-key': 'a' };
    expect((await ask(headers)).status).toBe(500);
    const hangUp = new AbortController();
    const body = JSON.stringify(question);
    const hanging = fetch(`${origin}/v1/chat/completions`, { method: 'POST', headers, body, signal: hangUp.signal });
    hanging.catch(() => {});
    while (upstream.received.length < 2) await pause(5);
    const waiting = ask(headers);
    await pause(20);
    hangUp.abort();
    expect(await said(await waiting)).toBe('answer 3');
    expect(await said(await ask(headers))).toBe('answer 3');
  });

  it('gets its stream again, all of it at once', async () => {
    const events = completionEvents(completion('streamed'), false);
    const { ask, upstream } = await start({
      script: (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (const event of events) response.write(event);
        response.end();
      },
    });
    const texts = [];
    for (let time = 0; time < 2; time++)
      texts.push(await (await ask({ 'idempotency-key': 's' }, { stream: true })).text());
    expect(texts[0]).toBe(events.join(''));
    expect(texts[1]).toBe(texts[0]);
    expect(upstream.received).toHaveLength(1);
  });

  it('cannot be another request, and belongs to its key alone', async () => {
    const { ask, keyFor, upstream } = await start();
    const [one, other] = [await keyFor('shop'), await keyFor('bank')];
    const named = (key: string) => ({ 'x-api-key': key, 'idempotency-key': 'order-7' });
    expect(await said(await ask(named(one)))).toBe('answer 1');
    const reused = await ask(named(one), { temperature: 1 });
    expect(reused.status).toBe(422);
    expect(await reused.json()).toMatchObject({ error: { code: 'idempotency_key_reused' } });
    expect(await said(await ask(named(other)))).toBe('answer 2');
    expect(upstream.received).toHaveLength(2);
  });

  it('is forgotten after ten minutes', async () => {
    const { ask, time } = await start();
    const headers = { 'idempotency-key': 'x' };
    await ask(headers);
    time.at += 599_000;
    expect(await said(await ask(headers))).toBe('answer 1');
    time.at += 2_000;
    expect(await said(await ask(headers))).toBe('answer 2');
  });
});

describe('the response cache', () => {
  const on = { cache: { enabled: true } };

  it('is off unless it is switched on', async () => {
    const { ask } = await start();
    expect([await said(await ask()), await said(await ask())]).toEqual(['answer 1', 'answer 2']);
  });

  it('gives the same answer to the same bytes, marked, free, and with what it would have cost', async () => {
    const { ask, gateway, captured, ends } = await start({ settings: on });
    const first = await ask();
    const second = await ask();
    expect([await said(first), await said(second)]).toEqual(['answer 1', 'answer 1']);
    expect(first.headers.get('x-rightsize-answered-by')).toBe('teacher');
    expect(second.headers.get('x-rightsize-answered-by')).toBe('cache');
    expect(second.headers.get('x-rightsize-call')).not.toBe(first.headers.get('x-rightsize-call'));
    await pause(20);
    const saved = (12 * 0.15 + 3 * 0.6) / 1e6;
    expect(ends[1]).toMatchObject({ answeredBy: 'cache', cost: 0, saved, model: 'gpt-4o-mini' });
    expect(Number(second.headers.get('x-rightsize-saved-usd'))).toBe(saved);
    expect(captured).toHaveLength(1);
    expect(gateway.counts.cache).toMatchObject({ hits: 1, savedUsd: saved, answers: 1 });
    expect(await said(await ask({}, { temperature: 0 }))).toBe('answer 2');
    expect(await said(await ask({}, {}, '/v1/completions'))).toBe('answer 3');
  });

  it('streams again what was streamed', async () => {
    const events = completionEvents(completion('streamed'), true).join('');
    const { ask, upstream } = await start({
      settings: on,
      script: (response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(events),
    });
    const wish = { stream: true, stream_options: { include_usage: true } };
    await (await ask({}, wish)).text();
    const again = await ask({}, wish);
    expect(again.headers.get('content-type')).toContain('text/event-stream');
    expect(await again.text()).toBe(events);
    expect(upstream.received).toHaveLength(1);
  });

  it('S12: never gives one tenant the answer of another, nor one upstream account that of another', async () => {
    const { ask, keyFor } = await start({ settings: on });
    const [shop, bank] = [await keyFor('shop'), await keyFor('bank')];
    expect(await said(await ask({ 'x-api-key': shop }))).toBe('answer 1');
    expect(await said(await ask({ 'x-api-key': bank }))).toBe('answer 2');
    expect(await said(await ask({ 'x-api-key': bank, 'x-rightsize-tenant': 'shop' }))).toBe('answer 2');
    expect(await said(await ask({ 'x-api-key': shop, authorization: 'Bearer sk-1' }))).toBe('answer 3');
    expect(await said(await ask({ 'x-api-key': shop, authorization: 'Bearer sk-2' }))).toBe('answer 4');
  });

  it('is for single tenants, for as long as each of them wants', async () => {
    const cache = { tenants: { shop: { enabled: true, maxAgeSeconds: 60 } } };
    const { ask, time } = await start({ settings: { cache } });
    const shop = { 'x-rightsize-tenant': 'shop' };
    expect([await said(await ask()), await said(await ask())]).toEqual(['answer 1', 'answer 2']);
    expect([await said(await ask(shop)), await said(await ask(shop))]).toEqual(['answer 3', 'answer 3']);
    time.at += 60_000;
    expect(await said(await ask(shop))).toBe('answer 4');
  });

  it('keeps no errors, and stands aside where the caller says so', async () => {
    let calls = 0;
    const { ask } = await start({
      settings: on,
      script: (response) => {
        calls++;
        if (calls === 1) return sendJson(response, 429, { error: { message: 'busy' } });
        return sendJson(response, 200, completion(`answer ${calls}`));
      },
    });
    expect((await ask()).status).toBe(429);
    expect(await said(await ask({ 'x-rightsize-cache': 'no' }))).toBe('answer 2');
    expect(await said(await ask())).toBe('answer 3');
    expect(await said(await ask({ 'x-rightsize-cache': 'no' }))).toBe('answer 4');
    expect(await said(await ask({ 'x-rightsize-answer': 'teacher' }))).toBe('answer 5');
    expect(await said(await ask())).toBe('answer 3');
  });

  it('opens to no key that may not ask for the model, and counts as a request', async () => {
    const { ask, keyFor, access } = await start({ settings: on });
    const all = await keyFor('shop');
    const other = await keyFor('shop', {}, ['gpt-4o']);
    const two = await keyFor('shop', { requestsPerDay: 2 });
    await ask({ 'x-api-key': all });
    expect((await ask({ 'x-api-key': other })).status).toBe(403);
    const statuses = [];
    for (let time = 0; time < 3; time++) statuses.push((await ask({ 'x-api-key': two })).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect(access.useOf(two.split('_')[1] ?? '').today).toEqual({ requests: 2, tokens: 0, usd: 0, unknown: 0 });
  });

  it('S11: forgets everything when something is to be erased, what is being answered too', async () => {
    let calls = 0;
    const { ask, gateway } = await start({
      settings: on,
      script: async (response) => {
        calls++;
        if (calls === 2) await pause(50);
        sendJson(response, 200, completion(`answer ${calls}`));
      },
    });
    const named = { 'idempotency-key': 'n', 'x-rightsize-cache': 'no' };
    await ask();
    const running = ask(named);
    await pause(20);
    gateway.forgetAnswers();
    expect(gateway.counts.cache).toMatchObject({ answers: 0, bytes: 0 });
    expect(await said(await running)).toBe('answer 2');
    expect(await said(await ask(named))).toBe('answer 3');
    expect(await said(await ask())).toBe('answer 4');
  });

  it('forgets what was used least recently where memory is full, of the fullest tenant first', async () => {
    const cache = { enabled: true, maxBytes: 8_000 };
    const { ask, gateway } = await start({ settings: { cache } });
    const small = { 'x-rightsize-tenant': 'small' };
    await ask(small);
    for (let user = 0; user < 20; user++) {
      await ask({}, { user: `u${user}` });
      expect(gateway.counts.cache.bytes).toBeLessThanOrEqual(8_000);
    }
    expect((await ask(small)).headers.get('x-rightsize-answered-by')).toBe('cache');
    expect((await ask({}, { user: 'u19' })).headers.get('x-rightsize-answered-by')).toBe('cache');
    expect((await ask({}, { user: 'u0' })).headers.get('x-rightsize-answered-by')).toBe('teacher');
  });
});
