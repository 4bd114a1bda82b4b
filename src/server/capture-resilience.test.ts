import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ScriptedEngine, scriptedEngine } from '../../test/scripted-engine.ts';
import { completion, listen, pause, sendJson, shut, startUpstream } from '../../test/scripted-upstream.ts';
import { createWriteBehind } from '../capture/write-behind.ts';
import { RightsizeError } from '../errors.ts';
import { createGateway } from '../gateway/gateway.ts';
import { createOpenAiCompatibleProvider } from '../providers/openai-compatible/openai-compatible-provider.ts';
import { readAnswer } from '../records/answer.ts';
import { completeSettings, type SettingsInput } from '../settings.ts';
import { openDatabase } from '../storage/open-database.ts';
import { openStore } from '../storage/open-store.ts';
import type { Store } from '../storage/store.ts';
import { createLogger } from './logger.ts';
import { type RunningInstallation, startInstallation } from './start-installation.ts';

let folder: string;
const closers: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resilience-'));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true });
});

interface Started {
  readonly installation: RunningInstallation;
  readonly store: Store;
  readonly log: string[];
}

async function start(
  script: Parameters<typeof startUpstream>[0] = (response) => sendJson(response, 200, completion('ok')),
  settings: SettingsInput = {},
  engine: ScriptedEngine = scriptedEngine(),
): Promise<Started> {
  const upstream = await startUpstream(script);
  const log: string[] = [];
  let opened: Store | null = null;
  const installation = await startInstallation({
    settings: completeSettings({ data: folder, port: 0, upstream: { baseUrl: upstream.baseUrl }, ...settings }),
    version: '1.2.3',
    log: createLogger('debug', { write: (line) => void log.push(line) }),
    openEngine: async ({ store }) => {
      opened = store;
      return engine;
    },
  });
  closers.push(
    () => upstream.close(),
    () => installation.stop(),
  );
  if (opened === null) throw new Error('no store was opened');
  return { installation, store: opened, log };
}

function ask({ origin }: RunningInstallation, headers: Record<string, string> = {}, content = 'x') {
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] });
  return fetch(`${origin}/v1/chat/completions`, { method: 'POST', headers, body });
}

async function statuses(installation: RunningInstallation, count: number): Promise<readonly number[]> {
  const answers = await Promise.all(Array.from({ length: count }, () => ask(installation)));
  for (const answer of answers) await answer.text();
  return [...new Set(answers.map(({ status }) => status))];
}

async function keptCalls(): Promise<number> {
  const store = await openStore(folder);
  const count = await store.calls.count();
  await store.close();
  return count;
}

describe('R15: a store that fails', () => {
  it('locked by a foreign process: calls are answered without waiting for it, and kept when it lets go', async () => {
    const { installation, store } = await start();
    const other = await openDatabase(join(folder, 'rightsize.db'));
    other.exec('BEGIN IMMEDIATE');
    expect(await statuses(installation, 30)).toEqual([200]);
    const started = performance.now();
    await expect(store.state.set('x', 1)).rejects.toMatchObject({ code: 'folder_in_use' });
    // SQLite would hold up the process for five seconds.
    expect(performance.now() - started).toBeLessThan(500);
    expect(await statuses(installation, 30)).toEqual([200]);
    other.exec('ROLLBACK');
    other.close();
    await installation.stop();
    expect(await keptCalls()).toBe(60);
  });

  for (const code of ['disk_full', 'folder_not_writable', 'folder_in_use'] as const) {
    it(`${code}: calls are answered, wait, and are kept when it is over, none twice; it is told once`, async () => {
      const { installation, store, log } = await start();
      const append = store.calls.append.bind(store.calls);
      store.calls.append = () => Promise.reject(new RightsizeError(code, 'as a test says'));
      expect(await statuses(installation, 40)).toEqual([200]);
      await pause(150);
      expect(log.filter((line) => line.includes('calls cannot be stored')).length).toBe(1);
      store.calls.append = append;
      await installation.stop();
      expect(await keptCalls()).toBe(40);
    });
  }

  it('hung: calls are answered, and the stop ends all the same', async () => {
    const { installation, store } = await start();
    store.calls.append = () => new Promise<number>(() => {});
    expect(await statuses(installation, 40)).toEqual([200]);
    const started = performance.now();
    await installation.stop();
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(await keptCalls()).toBe(0);
  }, 30_000);
});

describe('R17: a full queue', () => {
  it('drops exactly what does not fit, answers it, and nothing of it is learned', async () => {
    const upstream = await startUpstream((response) => sendJson(response, 200, completion('ok')));
    const provider = createOpenAiCompatibleProvider({
      ...completeSettings().upstream,
      baseUrl: upstream.baseUrl,
      apiKey: null,
    });
    const engine = scriptedEngine();
    const queue = createWriteBehind({ calls: { append: () => new Promise(() => {}) }, capacity: 5, closeWithinMs: 1 });
    const settings = completeSettings();
    const gateway = createGateway({ engine, provider, settings, onCall: (call) => queue.add(call) });
    const server = createServer(gateway.handle);
    const origin = await listen(server);
    closers.push(
      () => upstream.close(),
      () => provider.close(),
      () => shut(server),
      () => queue.close(),
    );
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => ask({ origin } as RunningInstallation, {}, `text ${index}`)),
    );
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    await expect.poll(() => queue.counts.dropped).toBe(35);
    expect(queue.counts).toMatchObject({ queued: 5, written: 0 });
    expect(engine.observed.length).toBe(5);
  });

  it('is not the only thing that trains nobody: neither does half an answer', async () => {
    const engine = scriptedEngine();
    const { installation } = await start(
      async (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: {"id":"1","choices":[{"index":0,"delta":{"role":"assistant","content":"hal"}}]}\n\n');
        await pause(20);
        response.destroy();
      },
      {},
      engine,
    );
    await (await ask(installation)).text().catch(() => '');
    const [seen] = await engine.seen(1);
    expect(seen && readAnswer(seen.call.response, seen.call.status)).toEqual({ kind: 'none', why: 'error' });
  });
});

describe('R19: the stop', () => {
  it('turns no served answer into an error, and keeps them all', async () => {
    let arrived = 0;
    const { installation } = await start(async (response) => {
      arrived++;
      await pause(300);
      sendJson(response, 200, completion('late'));
    });
    const running = Array.from({ length: 20 }, () => ask(installation));
    await expect.poll(() => arrived, { interval: 5 }).toBe(20);
    const stopped = installation.stop();
    const answers = await Promise.all(running);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    await Promise.all(answers.map((answer) => answer.text()));
    await stopped;
    expect(await keptCalls()).toBe(20);
  });

  it('leaves calls answered where the store is closed under them', async () => {
    const { installation, store } = await start();
    await store.close();
    expect(await statuses(installation, 10)).toEqual([200]);
  });
});

describe('S10: a secret', () => {
  it('is in no log, no metric, no admin answer and no file, where figures are kept, wherever it stood', async () => {
    const canary = (place: string) => `secret7f3a9-${place}`;
    const faults = ['json', 'html', 'cut', 'none'];
    let turn = 0;
    const { installation, log } = await start(
      (response) => {
        const fault = faults[turn++ % faults.length];
        const secret = canary('upstream');
        if (fault === 'none') return sendJson(response, 200, completion(secret, { id: secret }));
        if (fault === 'cut') {
          response.writeHead(200, { 'content-type': 'application/json', 'x-secret': secret }).write(`{"x":"${secret}`);
          return setTimeout(() => response.destroy(), 20);
        }
        if (fault === 'html') return response.writeHead(502, { 'content-type': 'text/html' }).end(`<p>${secret}</p>`);
        return sendJson(response, 500, { error: { message: secret, type: secret, code: secret, param: secret } });
      },
      { capture: { default: 'figures' } },
    );
    const { origin } = installation;
    const headers = {
      authorization: `Bearer ${canary('authorization')}`,
      'x-api-key': canary('key'),
      cookie: `session=${canary('cookie')}`,
      'user-agent': canary('agent'),
      'x-rightsize-conversation': canary('conversation'),
      'x-rightsize-step': canary('step'),
      'x-rightsize-user': canary('user'),
      'x-custom': canary('custom'),
    };
    const query = `?key=${canary('query')}`;
    const content = canary('content');
    const body = {
      messages: [{ role: 'user', content }],
      user: canary('body-user'),
      metadata: { a: canary('metadata') },
    };
    const bodies = [
      ...[true, false, false, false, false].map((stream) => JSON.stringify({ model: 'm', stream, ...body })),
      `{"model": "m", "messages": "${content}`,
      JSON.stringify({ model: 'm', messages: canary('content') }),
    ];
    for (const sent of bodies) {
      for (const path of [
        '/v1/chat/completions',
        '/v1/embeddings',
        `/v1/files/${canary('path')}`,
        `/${canary('path')}`,
      ]) {
        const answer = await fetch(`${origin}${path}${query}`, { method: 'POST', headers, body: sent }).catch(
          () => null,
        );
        await answer?.text().catch(() => '');
      }
    }
    const pages = await Promise.all(
      ['/metrics', '/admin/v1/status', '/admin/v1/openapi.json'].map(async (path) =>
        (await fetch(origin + path)).text(),
      ),
    );
    await pause(100);
    const files = () => readdirSync(folder).map((file) => readFileSync(join(folder, file), 'latin1'));
    const living = files();
    await installation.stop();
    expect([...log, ...pages].filter((text) => text.includes('secret7f3a9'))).toEqual([]);
    expect([...living, ...files()].some((text) => text.includes('secret7f3a9'))).toBe(false);
    // Bodies are packed in the files: read them as they are kept.
    const store = await openStore(folder);
    const kept: unknown[] = [];
    for await (const call of store.calls.scan()) kept.push(call);
    await store.close();
    expect(kept.length).toBeGreaterThanOrEqual(5);
    expect(JSON.stringify(kept)).not.toContain('secret7f3a9');
  }, 30_000);
});
