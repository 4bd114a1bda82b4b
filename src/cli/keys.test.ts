import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scriptedEngine } from '../../test/scripted-engine.ts';
import { completion, pause, sendJson, startUpstream } from '../../test/scripted-upstream.ts';
import type { KeyUseDocument } from '../access/open-access.ts';
import type { IssuedKeyDocument } from '../server/key-routes.ts';
import { readServerFile } from '../server/server-file.ts';
import { startInstallation } from '../server/start-installation.ts';
import { completeSettings } from '../settings.ts';
import { openStore } from '../storage/open-store.ts';
import { main } from './main.ts';

let folder: string;
const closers: (() => unknown)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keys-'));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
});

async function run(...line: string[]) {
  const written = { stdout: '', stderr: '' };
  const restore = (['stdout', 'stderr'] as const).map((name) => {
    const stream = process[name];
    const original = stream.write;
    stream.write = ((text: string) => {
      written[name] += text;
      return true;
    }) as typeof stream.write;
    return () => {
      stream.write = original;
    };
  });
  try {
    const status = await main(['keys', ...line, '--data', folder]);
    return { status, ...written };
  } finally {
    for (const undo of restore) undo();
  }
}

async function add(...line: string[]): Promise<IssuedKeyDocument> {
  const { stdout } = await run('add', 'web', ...line, '--json');
  return JSON.parse(stdout) as IssuedKeyDocument;
}

async function show(id: string): Promise<KeyUseDocument> {
  return JSON.parse((await run('show', id, '--json')).stdout) as KeyUseDocument;
}

describe('rightsize keys', () => {
  it('adds a key with everything that can be said of it, and shows its secret once', async () => {
    const before = Date.now();
    const issued = await add(
      ...['--tenant', 'shop', '--models', 'gpt-4o, gpt-4o-mini', '--expires', '90d'],
      ...['--requests-per-minute', '60', '--tokens-per-day', '1000000', '--usd-per-month', '12.5'],
    );
    expect(issued).toMatchObject({
      tenant: 'shop',
      models: ['gpt-4o', 'gpt-4o-mini'],
      limits: { requestsPerMinute: 60, tokensPerDay: 1_000_000, usdPerMonth: 12.5 },
      state: 'active',
    });
    expect(Date.parse(issued.expiresAt ?? '') - before).toBeGreaterThanOrEqual(90 * 86_400_000);
    const listed = await run('list');
    expect(listed.stdout).toContain('gpt-4o, gpt-4o-mini');
    expect(listed.stdout).toContain('60 requests/minute, 1000000 tokens/day, $12.50/month');
    const store = await openStore(folder, { readOnly: true });
    const [kept] = await store.keys.list();
    await store.close();
    for (const text of [listed.stdout, (await run('list', '--json')).stdout, JSON.stringify(kept)])
      expect(text).not.toContain(issued.secret);
  });

  it('says what the secret is for, where people read it', async () => {
    const { stdout, status } = await run('add', 'web');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^rsk_[0-9a-f]{12}_[0-9a-f]{48}\n/);
    expect(stdout).toContain('shown this once');
  });

  it('changes what is given, lifts what is to be none, and leaves the rest', async () => {
    const { id } = await add('--models', 'a', '--requests-per-minute', '5', '--tokens-per-day', '9', '--expires', '1d');
    const { stdout } = await run(
      'change',
      id,
      '--tokens-per-day',
      'none',
      '--usd-per-day',
      '2',
      '--models',
      'all',
      '--json',
    );
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'web',
      models: null,
      limits: { requestsPerMinute: 5, usdPerDay: 2 },
    });
    expect(JSON.parse(stdout).limits).not.toHaveProperty('tokensPerDay');
    expect(JSON.parse(stdout).expiresAt).toMatch(/Z$/);
    expect((await run('change', id, '--name', 'shop', '--expires', 'never')).stdout).toMatch(
      /shop .* never .*\$2\.00\/day/,
    );
    expect(await run('change', 'nobody', '--name', 'x')).toMatchObject({ status: 1 });
  });

  it('rotates and revokes by id', async () => {
    const { id, secret } = await add();
    const rotated = JSON.parse((await run('rotate', id, '--keep-old', '1h', '--json')).stdout) as IssuedKeyDocument;
    expect(rotated).toMatchObject({ id, previousSecretUntil: expect.stringMatching(/Z$/) });
    expect(rotated.secret).not.toBe(secret);
    expect((await run('revoke', id)).stdout).toContain('is revoked');
    expect((await run('list')).stdout).toContain('revoked');
    expect(await run('revoke', 'nobody')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('key_not_found'),
    });
  });

  it('refuses what it does not understand', async () => {
    for (const wrong of [
      ['--expires', 'soon'],
      ['--usd-per-day', '-1'],
      ['--usd-per-day', 'lots'],
      ['--models', 'a,,b'],
      ['--requests-per-hour', '1'],
    ])
      expect(await run('add', 'web', ...wrong)).toMatchObject({ status: 2 });
    expect((await run('list')).stdout).toContain('There is no key');
  });

  it('works through the running server, from its next request on', async () => {
    const upstream = await startUpstream((response) => sendJson(response, 200, completion('yes')));
    closers.push(() => upstream.close());
    const server = await startInstallation({
      settings: completeSettings({ data: folder, port: 0, upstream: { baseUrl: upstream.baseUrl } }),
      version: '1.2.3',
      log: pino({ level: 'silent' }),
      openEngine: async () => scriptedEngine(),
    });
    closers.push(() => server.stop());
    const call = async (secret: string) =>
      (
        await fetch(`${server.origin}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${secret}` },
          body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'x' }] }),
        })
      ).status;
    expect(await call('anything')).toBe(200);
    const { id, secret } = await add('--usd-per-day', '1');
    expect([await call('anything'), await call(secret)]).toEqual([401, 200]);
    const use = await show(id);
    expect(use.today).toMatchObject({ requests: 1, tokens: 15, unknown: 0 });
    expect(use.limitUses).toMatchObject([{ of: 'key', resource: 'usd', per: 'day', most: 1 }]);
    const { stdout } = await run('show', id);
    expect(stdout).toContain('today: 1 requests, 15 tokens, $');
    expect(stdout).toContain('usd per day');
    await run('change', id, '--requests-per-day', '2');
    expect([await call(secret), await call(secret)]).toEqual([200, 429]);
    await run('change', id, '--requests-per-day', 'none', '--expires', '2020-01-01');
    expect(await call(secret)).toBe(401);
    await run('change', id, '--expires', 'never');
    expect(await call(secret)).toBe(200);
    await run('revoke', id);
    expect(await call(secret)).toBe(401);
  });
});

/** The real program on the folder of this test, with an upstream. */
async function startProgram(baseUrl: string) {
  const script = fileURLToPath(new URL('./main.ts', import.meta.url));
  const line = ['start', '--port', '0', '--data', folder, '--upstream', baseUrl];
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), script, ...line], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  closers.push(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (piece: Buffer) => {
    output += piece.toString();
  });
  while (!output.includes('OPENAI_BASE_URL=')) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    await pause(20);
  }
  const origin = (await readServerFile(folder))?.origin ?? '';
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const killed = () => {
    child.kill('SIGKILL');
    return ended;
  };
  return { origin, output, killed };
}

describe('R22: a server that is killed', () => {
  it('gives back what was reserved, and remembers what had ended', async () => {
    const upstream = await startUpstream((response, { body }) => {
      if (!body.includes('hang')) sendJson(response, 200, completion('yes', { model: 'gpt-4o' }));
    });
    closers.push(() => upstream.close());
    const { id, secret } = await add('--usd-per-day', '0.05', '--requests-per-day', '100');
    const ask = (origin: string, content: string, most = 10) =>
      fetch(`${origin}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}` },
        body: JSON.stringify({ model: 'gpt-4o', max_tokens: most, messages: [{ role: 'user', content }] }),
      });
    const first = await startProgram(upstream.baseUrl);
    expect(first.output).toContain('whoever holds the one gateway key');
    for (let call = 0; call < 3; call++) expect((await ask(first.origin, 'quick')).status).toBe(200);
    ask(first.origin, 'hang', 100_000).catch(() => {});
    while (upstream.received.length < 4) await pause(10);
    expect((await ask(first.origin, 'quick')).status).toBe(429);
    await pause(1_500);
    await first.killed();
    const stored = await show(id);
    const second = await startProgram(upstream.baseUrl);
    expect((await ask(second.origin, 'quick')).status).toBe(200);
    await second.killed();
    const cost = (12 * 2.5 + 3 * 10) / 1e6;
    expect(stored.today).toMatchObject({ requests: 3, tokens: 45, unknown: 0 });
    expect(stored.today.usd).toBeCloseTo(3 * cost, 12);
  }, 60_000);
});
