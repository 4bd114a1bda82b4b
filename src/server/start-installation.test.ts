import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ScriptedEngine, scriptedEngine } from '../../test/scripted-engine.ts';
import { completion, listen, sendJson, shut, startUpstream } from '../../test/scripted-upstream.ts';
import type { TaskStatus } from '../gateway/engine.ts';
import { completeSettings, type SettingsInput } from '../settings.ts';
import { openStore } from '../storage/open-store.ts';
import { openInstallation } from './installation.ts';
import { readServerFile } from './server-file.ts';
import { type RunningInstallation, startInstallation } from './start-installation.ts';

let folder: string;
const closers: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'installation-'));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true });
});

const spam: TaskStatus = {
  task: {
    id: 'task_1',
    name: 'spam',
    tenant: 'telco',
    kind: 'task',
    shape: { kind: 'label', form: { kind: 'plain' }, labels: [], unseenShare: 0 },
    versions: [],
  },
  stage: 'live',
  auto: true,
  calls: 100,
  teacherCalls: 40,
  certificate: null,
  spotChecks: { calls: 5, different: 0 },
  waitingFor: null,
  outlook: 'certified',
};

function start(settings: SettingsInput = {}, engine: ScriptedEngine = scriptedEngine(() => null, { status: [spam] })) {
  const started = startInstallation({
    settings: completeSettings({ data: folder, port: 0, ...settings }),
    version: '1.2.3',
    log: pino({ level: 'silent' }),
    openEngine: async () => engine,
  });
  started.then(
    (installation) => closers.push(() => installation.stop()),
    () => {},
  );
  return started;
}

async function startWithUpstream(script: Parameters<typeof startUpstream>[0], engine?: ScriptedEngine) {
  const upstream = await startUpstream(script);
  closers.push(() => upstream.close());
  return start({ upstream: { baseUrl: upstream.baseUrl } }, engine);
}

function ask(
  { origin }: RunningInstallation,
  body: object = { model: 'm', messages: [{ role: 'user', content: 'x' }] },
) {
  return fetch(`${origin}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(body) });
}

function postStage({ origin }: RunningInstallation, body: object, headers: Record<string, string> = {}) {
  return fetch(`${origin}/admin/v1/stage`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

describe('an installation', () => {
  it('answers calls, keeps them behind the answer and tells why', async () => {
    const installation = await startWithUpstream((response) => sendJson(response, 200, completion('spam')));
    const answered = await ask(installation);
    expect(await answered.json()).toEqual(completion('spam'));
    const id = answered.headers.get('x-rightsize-call');
    const found = await (await fetch(`${installation.origin}/admin/v1/calls/${id}`)).json();
    expect(found).toMatchObject({ call: { id, response: completion('spam') }, route: { reason: 'not-confident' } });
    const unknown = await fetch(`${installation.origin}/admin/v1/calls/none`);
    expect([unknown.status, await unknown.json()]).toEqual([
      404,
      { error: expect.objectContaining({ code: 'call_not_found' }) },
    ]);
  });

  it('shows its tasks and what went through', async () => {
    const installation = await start();
    const status = await (await fetch(`${installation.origin}/admin/v1/status`)).json();
    expect(status).toMatchObject({
      server: { version: '1.2.3', upstream: null, calls: 0 },
      tasks: [{ id: 'task_1', name: 'spam', stage: 'live', auto: true, avoidedShare: 0.6, outlook: 'certified' }],
    });
  });

  it('sets a stage at once and remembers it', async () => {
    const engine = scriptedEngine(() => null, { status: [spam] });
    const installation = await start({}, engine);
    expect((await postStage(installation, { task: 'task_1', stage: 'auto' })).status).toBe(200);
    expect((await postStage(installation, { task: null, stage: 'off' })).status).toBe(200);
    expect((await postStage(installation, { task: 'task_1', stage: 'live' })).status).toBe(200);
    expect(engine.stages).toEqual(['task_1 auto', '* off', 'task_1 live']);
    await installation.stop();
    const next = scriptedEngine(() => null, { status: [spam] });
    await start({}, next);
    expect(next.stages).toEqual(['* off', 'task_1 live']);
  });

  it('refuses a stage or a task that does not exist, by name', async () => {
    const installation = await start();
    const wrong = await postStage(installation, { task: 'task_1', stage: 'loud' });
    expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining('`stage`')]);
    const absent = await postStage(installation, { task: 'task_2', stage: 'off' });
    expect([absent.status, await absent.text()]).toEqual([404, expect.stringContaining('task_not_found')]);
  });

  it('lets no web page at the admin API: not under another name, not from another origin, not by a form', async () => {
    const installation = await start();
    const stage = { task: null, stage: 'off' };
    expect((await postStage(installation, stage, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await postStage(installation, stage, { 'content-type': 'text/plain' })).status).toBe(400);
    const rebound = await rawStatus(installation.origin, 'evil.example:8484');
    expect(rebound).toBe(403);
  });

  it('asks for the admin key where there is one', async () => {
    process.env.ADMIN_TEST_KEY = 'ak-1';
    const installation = await start({ keys: { admin: { env: 'ADMIN_TEST_KEY' } } });
    const status = `${installation.origin}/admin/v1/status`;
    expect((await fetch(status)).status).toBe(401);
    expect((await fetch(status, { headers: { authorization: 'Bearer ak-1' } })).status).toBe(200);
  });

  it('listens beyond loopback only with keys', async () => {
    await expect(start({ host: '0.0.0.0' })).rejects.toMatchObject({
      code: 'invalid_setting',
      message: expect.stringContaining('keys.admin'),
    });
    process.env.ADMIN_TEST_KEY = 'ak-1';
    const keys = { admin: { env: 'ADMIN_TEST_KEY' } };
    const upstream = { baseUrl: 'http://127.0.0.1:9/v1', apiKey: { env: 'ADMIN_TEST_KEY' } };
    await expect(start({ host: '0.0.0.0', keys, upstream })).rejects.toThrow('keys.callers');
  });

  it('describes its admin API', async () => {
    const installation = await start();
    const document = await (await fetch(`${installation.origin}/admin/v1/openapi.json`)).json();
    expect(document).toMatchObject({
      openapi: '3.1.0',
      paths: { '/admin/v1/stage': { post: { requestBody: expect.anything() } } },
    });
  });

  it('leaves its address while it runs, and holds the folder alone', async () => {
    const installation = await start();
    expect(await readServerFile(folder)).toMatchObject({ origin: installation.origin, pid: process.pid });
    await expect(start()).rejects.toMatchObject({ code: 'folder_in_use' });
    expect(await readServerFile(folder)).not.toBeNull();
    await installation.stop();
    expect(await readServerFile(folder)).toBeNull();
  });

  it('says that its port is taken, and lets the folder go again', async () => {
    const other = createServer();
    closers.push(() => shut(other));
    const port = Number(new URL(await listen(other)).port);
    await expect(start({ port })).rejects.toMatchObject({
      code: 'port_in_use',
      message: expect.stringContaining(String(port)),
    });
    await (await openStore(folder)).close();
  });

  it('takes no new connections while it stops, lets running answers finish and keeps them', async () => {
    let finish = () => {};
    const installation = await startWithUpstream((response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write(' ');
      finish = () => response.end(JSON.stringify(completion('late')));
    });
    const running = await ask(installation);
    const stopped = installation.stop();
    await expect(fetch(`${installation.origin}/readyz`)).rejects.toThrow();
    finish();
    expect(JSON.parse(await running.text())).toEqual(completion('late'));
    await stopped;
    const store = await openStore(folder);
    const [kept] = await store.calls.list({ limit: 1 });
    await store.close();
    expect(kept?.call.response).toEqual(completion('late'));
  });

  it('R18 says that it is not ready before it turns callers away, where somebody asks', async () => {
    const upstream = await startUpstream((response) => sendJson(response, 200, completion('still here')));
    closers.push(() => upstream.close());
    const installation = await start({ readinessDelayMs: 300, upstream: { baseUrl: upstream.baseUrl } });
    expect((await fetch(`${installation.origin}/readyz`)).status).toBe(200);
    const stopped = installation.stop();
    expect((await fetch(`${installation.origin}/readyz`)).status).toBe(503);
    expect((await fetch(`${installation.origin}/healthz`)).status).toBe(200);
    expect((await ask(installation)).status).toBe(200);
    await stopped;
    await expect(fetch(`${installation.origin}/readyz`)).rejects.toThrow();
  });

  it('R18 ends streams that do not finish in time in an error event that says why', async () => {
    const upstream = await startUpstream((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n');
    });
    closers.push(() => upstream.close());
    const installation = await start({ drainMs: 50, upstream: { baseUrl: upstream.baseUrl } });
    const running = await ask(installation, { model: 'm', stream: true, messages: [{ role: 'user', content: 'x' }] });
    await installation.stop();
    const events = (await running.text()).trimEnd().split('\n\n');
    expect(JSON.parse(events.at(-1)?.slice('data: '.length) ?? '')).toMatchObject({
      error: { code: 'server_stopping' },
    });
    expect(events).toHaveLength(2);
  });

  it('cuts answers that do not finish in time', async () => {
    const upstream = await startUpstream((response) => void response.writeHead(200).write(' '));
    closers.push(() => upstream.close());
    const installation = await start({ drainMs: 50, upstream: { baseUrl: upstream.baseUrl } });
    const running = await ask(installation);
    await installation.stop();
    await expect(running.text()).rejects.toThrow();
  });
});

describe('an installation without a port of its own', () => {
  it('is mounted in any Node server', async () => {
    const settings = completeSettings({ data: folder, log: 'silent' });
    const installation = await openInstallation({ settings, openEngine: async () => scriptedEngine(() => 'ham') });
    const server = createServer(installation.gateway.handle);
    const origin = await listen(server);
    const answered = await fetch(`${origin}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }] }),
    });
    expect(await answered.json()).toMatchObject({ choices: [{ message: { content: 'ham' } }] });
    const id = answered.headers.get('x-rightsize-call') ?? '';
    expect(await installation.findCall(id)).toMatchObject({ call: { id }, route: { answeredBy: 'student' } });
    await shut(server);
    await installation.close();
    await installation.close();
    await (await openStore(folder)).close();
  });
});

/** A request under a name that fetch would not let us choose. */
function rawStatus(origin: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(`${origin}/admin/v1/status`, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).on('error', reject);
  });
}
