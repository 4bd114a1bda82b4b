import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scriptedEngine } from '../../test/scripted-engine.ts';
import { completion, pause, sendJson, startUpstream } from '../../test/scripted-upstream.ts';
import { completionEvents } from '../providers/completion-chunks.ts';
import { completeSettings, type SettingsInput } from '../settings.ts';
import { adminRoutes } from './admin-app.ts';
import { startInstallation } from './start-installation.ts';
import type { StatusDocument } from './status-document.ts';

let folder: string;
const closers: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doors-'));
  process.env.DOORS_ADMIN = 'admin-secret-of-this-test';
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true });
});

type Script = Parameters<typeof startUpstream>[0];
const answering: Script = (response) => sendJson(response, 200, completion('yes'));

async function start(settings: SettingsInput = {}, script: Script = answering) {
  const upstream = await startUpstream(script);
  closers.push(() => upstream.close());
  const installation = await startInstallation({
    settings: completeSettings({ data: folder, port: 0, upstream: { baseUrl: upstream.baseUrl }, ...settings }),
    version: '1.2.3',
    log: pino({ level: 'silent' }),
    openEngine: async () => scriptedEngine(),
  });
  closers.push(() => installation.stop());
  const addKey = async (limits = {}) =>
    installation.access.keyring.add({ name: 'k', tenant: 'shop', models: null, limits, expiresAt: null });
  return { ...installation, upstream, addKey };
}

const admin = { keys: { admin: { env: 'DOORS_ADMIN' } } };
const question = { model: 'gpt-4o', messages: [{ role: 'user', content: 'x' }], max_tokens: 5 };

interface Door {
  readonly method: string;
  readonly path: string;
}

const inferenceDoors: readonly Door[] = [
  ...['chat/completions', 'completions', 'embeddings', 'responses', 'messages', 'images/generations', 'files'].map(
    (path) => ({ method: 'POST', path: `/v1/${path}` }),
  ),
  ...['models', 'models/gpt-4o', 'files/f', 'batches'].map((path) => ({ method: 'GET', path: `/v1/${path}` })),
  { method: 'DELETE', path: '/v1/files/f' },
  { method: 'POST', path: '/anthropic/v1/messages' },
];
const adminDoors: readonly Door[] = [
  ...adminRoutes.map(({ method, path }) => ({ method: method.toUpperCase(), path: path.replace('{id}', 'x') })),
  { method: 'GET', path: '/admin/v1/anything-else' },
];

async function statusAt(origin: string, { method, path }: Door, key: string | null): Promise<number> {
  const response = await fetch(origin + path, {
    method,
    headers: { 'content-type': 'application/json', ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
    ...(method === 'POST' ? { body: '[]' } : {}),
  });
  await response.arrayBuffer();
  return response.status;
}

const isLetIn = (status: number) => status !== 401 && status !== 403;

describe('S7, S8: every door and every key', () => {
  const roles = ['nobody', 'caller', 'admin', 'stranger'] as const;
  /** Who is let in, with keys for callers or without, with an admin key or without. */
  const table = [
    { callers: true, admin: true, inference: ['caller'], administration: ['admin'] },
    { callers: true, admin: false, inference: ['caller'], administration: ['nobody', 'admin', 'stranger'] },
    { callers: false, admin: true, inference: ['nobody', 'stranger'], administration: ['admin'] },
    {
      callers: false,
      admin: false,
      inference: ['nobody', 'admin', 'stranger'],
      administration: ['nobody', 'admin', 'stranger'],
    },
  ] as const;

  for (const row of table)
    it(`with ${row.callers ? '' : 'no '}keys for callers and ${row.admin ? 'an' : 'no'} admin key`, async () => {
      const { origin, addKey } = await start(row.admin ? admin : {});
      const caller = row.callers ? (await addKey()).secret : `rsk_0123456789ab_${'0'.repeat(48)}`;
      const keys = { nobody: null, caller, admin: 'admin-secret-of-this-test', stranger: 'sk-somebody-elses' };
      for (const role of roles) {
        for (const door of inferenceDoors)
          expect([door, role, isLetIn(await statusAt(origin, door, keys[role]))]).toEqual([
            door,
            role,
            (row.inference as readonly string[]).includes(role),
          ]);
        for (const door of adminDoors)
          expect([door, role, isLetIn(await statusAt(origin, door, keys[role]))]).toEqual([
            door,
            role,
            (row.administration as readonly string[]).includes(role),
          ]);
      }
    });

  it('neither key goes on to the upstream', async () => {
    const { origin, addKey, upstream } = await start();
    const { secret } = await addKey();
    for (const headers of [{ authorization: `Bearer ${secret}` }, { 'x-api-key': secret }, { 'api-key': secret }])
      await fetch(`${origin}/v1/chat/completions`, { method: 'POST', headers, body: JSON.stringify(question) });
    expect(upstream.received).toHaveLength(3);
    expect(JSON.stringify(upstream.received)).not.toContain(secret.slice(0, 10));
  });

  it('beyond loopback both doors need keys, and a stored one is enough for callers', async () => {
    await expect(start({ host: '0.0.0.0' })).rejects.toThrow('keys.admin');
    await expect(start({ ...admin, host: '0.0.0.0' })).rejects.toThrow('there is no gateway key');
    const { addKey, stop } = await start(admin);
    await addKey();
    await stop();
    const { origin } = await start({ ...admin, host: '0.0.0.0' });
    expect((await fetch(`${origin.replace('0.0.0.0', '127.0.0.1')}/v1/models`)).status).toBe(401);
  });
});

describe('S3: without a key', () => {
  it('a request is refused before its body is read, and over a limit as well', async () => {
    const { origin, addKey } = await start();
    const { secret } = await addKey({ requestsPerMinute: 1 });
    const headers = { authorization: `Bearer ${secret}` };
    await fetch(`${origin}/v1/chat/completions`, { method: 'POST', headers, body: JSON.stringify(question) });
    for (const [given, status] of [
      [{}, 401],
      [headers, 429],
    ] as const)
      expect(await answerBeforeBody(origin, given)).toBe(status);
  });

  it('S1: odd bytes in the headers of keys are refused as well', async () => {
    const { origin, addKey } = await start();
    await addKey();
    for (const text of [`'; DROP TABLE gateway_keys; --`, '"', 'Bearer \u00e9\u00ff', `Bearer ${'x'.repeat(12_000)}`])
      for (const header of ['authorization', 'x-api-key', 'api-key'])
        expect(await rawStatus(origin, `${header}: ${text}`)).toBe(401);
    for (const text of ['Bearer a\u0000b', `Bearer ${'x'.repeat(1_048_576)}`])
      expect([400, 431]).toContain(await rawStatus(origin, `authorization: ${text}`));
  });
});

/** Sends headers that promise a body, and never the body. */
function answerBeforeBody(origin: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${origin}/v1/chat/completions`,
      { method: 'POST', headers: { ...headers, 'content-length': '1000' } },
      (response) => {
        resolve(response.statusCode ?? 0);
        request.destroy();
      },
    );
    request.on('error', reject);
    request.flushHeaders();
  });
}

function rawStatus(origin: string, header: string): Promise<number> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.on('data', (piece) => {
      text += piece.toString('latin1');
      const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
      if (status === undefined) return;
      resolve(Number(status));
      socket.destroy();
    });
    socket.on('error', () => {});
    socket.write(Buffer.from(`GET /v1/models HTTP/1.1\r\nhost: x\r\n${header}\r\n\r\n`, 'latin1'));
  });
}

describe('limits over HTTP', () => {
  it('R22: 100 parallel requests at 99 % of a budget overspend it by no more than one reservation', async () => {
    const { origin, addKey, access, upstream } = await start({}, async (response) => {
      await pause(20);
      sendJson(
        response,
        200,
        completion('yes', { model: 'gpt-4o', usage: { prompt_tokens: 4_000, completion_tokens: 0 } }),
      );
    });
    const cost = 0.01;
    const { key, secret } = await addKey({ usdPerDay: 1 });
    const caller = access.gate.admit({ 'api-key': secret });
    const use = { status: 200, usage: { inputTokens: 396_000, outputTokens: 0, cachedInputTokens: null }, cost: 0.99 };
    access.gate.reserve(caller, { model: 'gpt-4o', inputTokens: 1, maxOutputTokens: 1 }).settle(use);
    const body = JSON.stringify({ ...question, messages: [{ role: 'user', content: 'x'.repeat(16_000) }] });
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        fetch(`${origin}/v1/chat/completions`, { method: 'POST', headers: { 'api-key': secret }, body }),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    const refused = answers.find(({ status }) => status === 429);
    expect(upstream.received.length).toBeLessThanOrEqual(2);
    expect(statuses.filter((status) => status === 200)).toHaveLength(upstream.received.length);
    expect(statuses.filter((status) => status === 429)).toHaveLength(100 - upstream.received.length);
    expect(refused?.headers.get('x-should-retry')).toBe('false');
    expect(await refused?.json()).toMatchObject({ error: { code: 'insufficient_quota', type: 'insufficient_quota' } });
    await until(() => access.gate.reservations === 0);
    const { today } = access.useOf(key.id);
    expect(today.usd).toBeCloseTo(0.99 + upstream.received.length * cost, 9);
    expect(today.usd).toBeLessThanOrEqual(1 + 0.0101);
    expect(today.requests).toBe(1 + upstream.received.length);
  });

  it('R22: a stream that is hung up on counts with what was sent of it', async () => {
    const { origin, addKey, access } = await start({}, async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const event of completionEvents(completion('x '.repeat(400)), false).slice(0, 2)) response.write(event);
      for (let token = 0; token < 300; token++) response.write(`data: {"choices":[],"pad":"${'x'.repeat(170)}"}\n\n`);
    });
    const { key, secret } = await addKey({ tokensPerDay: 1_000_000 });
    const abort = new AbortController();
    const response = await fetch(`${origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'api-key': secret },
      body: JSON.stringify({ ...question, stream: true, max_tokens: 1_000 }),
      signal: abort.signal,
    });
    const reader = response.body?.getReader();
    for (let bytes = 0; bytes < 50_000; ) bytes += (await reader?.read())?.value?.length ?? 50_000;
    abort.abort();
    await until(() => access.gate.reservations === 0);
    const { tokens, unknown } = access.useOf(key.id).today;
    expect(unknown).toBe(1);
    expect(tokens).toBeGreaterThan(200);
    expect(tokens).toBeLessThan(500);
  });

  it('R21: every end of a request on every route gives back what was reserved', async () => {
    const { origin, addKey, access } = await start({}, async (response, { path, headers }) => {
      const how = headers['x-how'];
      if (how === 'hang') await pause(300);
      if (how === 'error') sendJson(response, 503, { error: { message: 'no' } });
      else if (how === 'cut') response.writeHead(200, { 'content-type': 'application/json' }).destroy();
      else sendJson(response, 200, path.includes('models') ? { object: 'list', data: [] } : completion('yes'));
    });
    const { secret } = await addKey({ requestsPerMinute: 1_000_000, usdPerDay: 1_000 });
    const routes = ['chat/completions', 'completions', 'embeddings', 'responses', 'messages', 'files'];
    for (let round = 0; round < 5; round++) {
      await Promise.all(
        routes.flatMap((route) =>
          ['good', 'error', 'cut', 'malformed', 'hang'].map(async (how) => {
            const abort = AbortSignal.timeout(how === 'hang' ? 50 : 5_000);
            const body = how === 'malformed' ? '{"model":' : JSON.stringify(question);
            const headers = { authorization: `Bearer ${secret}`, 'x-how': how };
            const request = fetch(`${origin}/v1/${route}`, { method: 'POST', headers, body, signal: abort });
            await request.then((response) => response.text()).catch(() => {});
          }),
        ),
      );
    }
    await until(() => access.gate.reservations === 0);
    expect(access.gate.reservations).toBe(0);
  });

  it('C21, C26, C31: what a key may not ask for, what is left of it, and which models it sees', async () => {
    const list = { object: 'list', data: [{ id: 'gpt-4o' }, { id: 'gpt-5' }] };
    const { origin, access } = await start({}, (response, { path }) =>
      sendJson(response, 200, path === '/v1/models' ? list : completion('yes')),
    );
    const limits = { requestsPerMinute: 3 };
    const wish = { name: 'k', tenant: 'shop', models: ['gpt-4o'], limits, expiresAt: null };
    const { secret } = await access.keyring.add(wish);
    const headers = { authorization: `Bearer ${secret}` };
    const ask = (model: string) =>
      fetch(`${origin}/v1/chat/completions`, { method: 'POST', headers, body: JSON.stringify({ ...question, model }) });
    const forbidden = await ask('gpt-5');
    expect(forbidden.status).toBe(403);
    expect(await forbidden.json()).toMatchObject({ error: { code: 'model_not_allowed', type: 'permission_error' } });
    const models = (await (await fetch(`${origin}/v1/models`, { headers })).json()) as typeof list;
    expect(models.data.map(({ id }) => id)).toEqual(['gpt-4o']);
    const good = await ask('gpt-4o');
    expect(good.headers.get('x-ratelimit-limit-requests')).toBe('3');
    expect(good.headers.get('x-ratelimit-remaining-requests')).toBe('1');
    await ask('gpt-4o');
    const over = await ask('gpt-4o');
    expect(over.status).toBe(429);
    expect(over.headers.get('x-request-id')).toMatch(/^call_/);
    expect(Number(over.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(over.headers.get('x-ratelimit-remaining-requests')).toBe('0');
    expect(await over.json()).toMatchObject({ error: { code: 'rate_limit_exceeded', param: null } });
  });
});

async function until(isTrue: () => boolean): Promise<void> {
  for (let time = 0; time < 500 && !isTrue(); time++) await pause(10);
}

describe('S11: an erasure', () => {
  it('takes answers out of the cache, too', async () => {
    const { origin } = await start({ cache: { enabled: true } });
    const answeredBy = async () => {
      const response = await fetch(`${origin}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(question) });
      await response.arrayBuffer();
      return response.headers.get('x-rightsize-answered-by');
    };
    const erase = (isDryRun: boolean) =>
      fetch(`${origin}/admin/v1/erase`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ user: 'jane', dryRun: isDryRun }),
      });
    expect([await answeredBy(), await answeredBy()]).toEqual(['teacher', 'cache']);
    const status = (await (await fetch(`${origin}/admin/v1/status`)).json()) as StatusDocument;
    expect(status.server?.cache).toMatchObject({ hits: 1, answers: 1 });
    expect((await erase(true)).status).toBe(200);
    expect(await answeredBy()).toBe('cache');
    expect((await erase(false)).status).toBe(200);
    expect(await answeredBy()).toBe('teacher');
  });
});

describe('keys over the admin API', () => {
  const headers = { authorization: 'Bearer admin-secret-of-this-test', 'content-type': 'application/json' };

  it('are added, listed, shown, rotated and revoked, at once and without their secrets', async () => {
    const { origin } = await start(admin);
    const send = async (path: string, body?: object) => {
      const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
      const response = await fetch(`${origin}/admin/v1/keys${path}`, { headers, ...post });
      return { status: response.status, body: (await response.json()) as { id: string; secret: string } };
    };
    const call = async (secret: string) => statusAt(origin, { method: 'GET', path: '/v1/models' }, secret);
    const added = await send('', {
      name: 'web',
      tenant: 'shop',
      limits: { requestsPerDay: 9 },
      expiresAt: '2030-01-01T00:00:00Z',
    });
    expect(added).toMatchObject({
      status: 201,
      body: { tenant: 'shop', state: 'active', expiresAt: '2030-01-01T00:00:00.000Z' },
    });
    const { id, secret } = added.body;
    expect(await call(secret)).toBe(200);
    const shown = await send(`/${id}`);
    expect(shown.body).toMatchObject({
      today: { requests: 1 },
      limitUses: [{ of: 'key', resource: 'requests', per: 'day', most: 9, taken: 1 }],
    });
    expect(JSON.stringify([await send(''), shown])).not.toContain(secret.slice(18));
    expect(JSON.stringify(await send(''))).not.toContain('hash');
    const rotated = await send(`/${id}/rotate`, {});
    expect(rotated.body.id).toBe(id);
    expect([await call(secret), await call(rotated.body.secret)]).toEqual([401, 200]);
    expect((await send(`/${id}/revoke`, {})).body).toMatchObject({ state: 'revoked' });
    expect(await call(rotated.body.secret)).toBe(401);
  });

  it('are refused with the field that is wrong', async () => {
    const { origin } = await start(admin);
    const wrong = [
      {},
      { name: '' },
      { name: 'x', limits: { requestsPerHour: 1 } },
      { name: 'x', models: [] },
      { name: 'x', expiresAt: 'soon' },
    ];
    for (const body of wrong) {
      const response = await fetch(`${origin}/admin/v1/keys`, { method: 'POST', headers, body: JSON.stringify(body) });
      expect(response.status).toBe(400);
    }
    expect((await fetch(`${origin}/admin/v1/keys/x`, { headers })).status).toBe(404);
    const form = { authorization: headers.authorization, 'content-type': 'text/plain' };
    const response = await fetch(`${origin}/admin/v1/keys`, { method: 'POST', headers: form, body: '{"name":"x"}' });
    expect(response.status).toBe(400);
  });
});
