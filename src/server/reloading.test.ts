import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scriptedEngine } from '../../test/scripted-engine.ts';
import { completion, pause, sendJson, startUpstream } from '../../test/scripted-upstream.ts';
import { RightsizeError } from '../errors.ts';
import { completeSettings, type SettingsInput } from '../settings.ts';
import { startInstallation } from './start-installation.ts';

let folder: string;
const closers: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reloading-'));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true });
});

async function upstreamSaying(text: string, delayMs = 0) {
  const upstream = await startUpstream(async (response) => {
    await pause(delayMs);
    sendJson(response, 200, completion(text));
  });
  closers.push(() => upstream.close());
  return upstream.baseUrl;
}

async function start(first: SettingsInput) {
  let wanted: SettingsInput | Error = first;
  const read = async () => {
    if (wanted instanceof Error) throw wanted;
    return completeSettings({ data: folder, port: 0, ...wanted });
  };
  const installation = await startInstallation({
    settings: await read(),
    readSettings: read,
    version: '1',
    log: pino({ level: 'silent' }),
    openEngine: async () => scriptedEngine(),
  });
  closers.push(() => installation.stop());
  const ask = async () => {
    const response = await fetch(`${installation.origin}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }] }),
    });
    const { choices } = (await response.json()) as { choices?: { message: { content: string } }[] };
    return choices?.[0]?.message.content ?? `status ${response.status}`;
  };
  const reload = async (next: SettingsInput | Error) => {
    wanted = next;
    return fetch(`${installation.origin}/admin/v1/reload`, { method: 'POST' });
  };
  return { installation, ask, reload };
}

describe('settings of a running server', () => {
  it('R25 change under load without one request that fails, whichever upstream it began with', async () => {
    const one = await upstreamSaying('one', 15);
    const two = await upstreamSaying('two', 15);
    const { ask, reload } = await start({ upstream: { baseUrl: one } });
    const answers: string[] = [];
    let isLoaded = true;
    const caller = async () => {
      while (isLoaded) answers.push(await ask());
    };
    const callers = Array.from({ length: 8 }, caller);
    for (const baseUrl of [two, one, two]) {
      await pause(40);
      expect(await (await reload({ upstream: { baseUrl } })).json()).toEqual({
        applied: ['upstream.baseUrl'],
        needRestart: [],
      });
    }
    await pause(40);
    isLoaded = false;
    await Promise.all(callers);
    expect([...new Set(answers)].sort()).toEqual(['one', 'two']);
    expect(await ask()).toBe('two');
  });

  it('R25 stay as they are when the new ones are wrong, and say what is wrong', async () => {
    const { ask, reload } = await start({ upstream: { baseUrl: await upstreamSaying('old') } });
    const wrong = await reload(new RightsizeError('invalid_setting', '`prot` is not a setting.'));
    expect([wrong.status, await wrong.json()]).toEqual([
      400,
      { error: expect.objectContaining({ code: 'invalid_setting', message: expect.stringContaining('`prot`') }) },
    ]);
    expect((await reload({ upstream: { apiKey: { env: 'NOT_SET_ANYWHERE' }, baseUrl: 'http://x/v1' } })).status).toBe(
      400,
    );
    const slow = {
      redaction: { patterns: [{ name: 'slow', pattern: '(a+)+$' }] },
      upstream: { baseUrl: 'http://x/v1' },
    };
    expect(await (await reload(slow)).text()).toContain('redaction.patterns.0');
    expect(await ask()).toBe('old');
  });

  it('change limits, and what was used before still counts', async () => {
    const baseUrl = await upstreamSaying('yes');
    const limited = (requestsPerDay: number) => ({
      upstream: { baseUrl },
      limits: { tenants: { default: { requestsPerDay } } },
    });
    const { ask, reload } = await start(limited(2));
    expect([await ask(), await ask(), await ask()]).toEqual(['yes', 'yes', 'status 429']);
    await reload(limited(3));
    expect([await ask(), await ask()]).toEqual(['yes', 'status 429']);
  });

  it('report what waits for a restart', async () => {
    const { installation, reload } = await start({});
    expect(await (await reload({ promise: { epsilon: 0.1 }, drainMs: 5 })).json()).toEqual({
      applied: ['drainMs'],
      needRestart: ['promise.epsilon'],
    });
    const figures = await (await fetch(`${installation.origin}/metrics`)).text();
    expect(figures).toContain('rightsize_build_info{version="1"} 1');
  });
});
