import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scriptedEngine } from '../../test/scripted-engine.ts';
import { completion, sendJson, startUpstream } from '../../test/scripted-upstream.ts';
import { startInstallation } from '../server/start-installation.ts';
import { completeSettings, type SettingsInput } from '../settings.ts';
import { main } from './main.ts';

const secret = 'key-that-nobody-may-see';
let folder: string;
const closers: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'models-'));
  process.env.KEY_OF_MODELS_TEST = secret;
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  for (const name of ['RIGHTSIZE_UPSTREAMS', 'RIGHTSIZE_MODELS', 'KEY_OF_MODELS_TEST']) delete process.env[name];
  rmSync(folder, { recursive: true, force: true });
});

async function settings(): Promise<{ readonly input: SettingsInput; readonly asked: () => number }> {
  const good = await startUpstream((response) => sendJson(response, 200, completion('ok')));
  const bad = await startUpstream((response, { headers }) =>
    sendJson(response, 401, { error: { message: `Wrong key ${headers.authorization}`, code: 'invalid_api_key' } }),
  );
  closers.push(
    () => good.close(),
    () => bad.close(),
  );
  const input: SettingsInput = {
    upstreams: {
      good: { baseUrl: good.baseUrl },
      bad: { baseUrl: bad.baseUrl, apiKey: { env: 'KEY_OF_MODELS_TEST' } },
    },
    models: {
      fast: { deployments: [{ upstream: 'good', model: 'm', price: { input: 1, output: 2 } }], fallbacks: ['spare'] },
      spare: { deployments: [{ upstream: 'bad', model: 'gpt-4o-mini' }] },
    },
  };
  return { input, asked: () => good.received.length };
}

async function run(input: SettingsInput, ...line: string[]) {
  process.env.RIGHTSIZE_UPSTREAMS = JSON.stringify(input.upstreams);
  process.env.RIGHTSIZE_MODELS = JSON.stringify(input.models);
  const written = { stdout: '', stderr: '' };
  const writes = [process.stdout.write, process.stderr.write] as const;
  for (const name of ['stdout', 'stderr'] as const)
    process[name].write = ((text: string) => {
      written[name] += text;
      return true;
    }) as typeof process.stdout.write;
  try {
    const status = await main([...line, '--data', folder]);
    return { status, ...written };
  } finally {
    [process.stdout.write, process.stderr.write] = writes;
  }
}

const unset: SettingsInput = { upstreams: {}, models: {} };

describe('rightsize models', () => {
  it('lists who answers to which model and what it costs, without a server', async () => {
    const { input } = await settings();
    const { stdout } = await run(input, 'models', 'list');
    expect(stdout).toMatch(/fast +good\/m +m +\$1\.00 +\$2\.00/);
    expect(stdout).toMatch(/spare +bad\/gpt-4o-mini/);
  });

  it('sends a call through each deployment, fails where one does, says the way out and never shows a key (S10)', async () => {
    const { input, asked } = await settings();
    const { status, stdout, stderr } = await run(input, 'models', 'test');
    expect(status).toBe(1);
    expect(asked()).toBe(1);
    expect(stdout).toMatch(/ok +fast +good\/m +200/);
    expect(stdout).toMatch(/FAILED +spare +bad\/gpt-4o-mini +401/);
    expect(stdout).toContain('Check its `apiKey`');
    expect(stderr).toContain('check_failed');
    expect(stdout + stderr).not.toContain(secret);
  });

  it('tests the models it is told to, and prints one JSON document', async () => {
    const { input } = await settings();
    const { status, stdout } = await run(input, 'models', 'test', 'fast', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      tests: [
        { name: 'good/m', aliases: ['fast'], status: 200, price: { input: 1, output: 2 }, cost: 18e-6, error: null },
      ],
    });
  });

  it('says which models there are where a name is none', async () => {
    const { input } = await settings();
    const { status, stderr } = await run(input, 'models', 'test', 'fist');
    expect(status).toBe(1);
    expect(stderr).toMatch(/model_not_found.*fast, good\/m, spare/);
  });

  it('works through the running server, and shows how the deployments fare there', async () => {
    const { input } = await settings();
    const installation = await startInstallation({
      settings: completeSettings({ data: folder, port: 0, ...input }),
      version: '1',
      log: pino({ level: 'silent' }),
      openEngine: async () => scriptedEngine(),
    });
    closers.push(() => installation.stop());
    const listed = JSON.parse((await run(unset, 'models', 'list', '--json')).stdout);
    expect(listed.deployments[0]).toMatchObject({ name: 'good/m', standing: { state: 'closed', inFlight: 0 } });
    const tested = JSON.parse((await run(unset, 'models', 'test', '--json')).stdout);
    expect(tested.tests.map(({ status }: { status: number }) => status)).toEqual([200, 401]);
    expect(JSON.stringify(tested)).not.toContain(secret);
  });
});
