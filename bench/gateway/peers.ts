// The gateways we are compared with, as their makers publish them. `npx tsx bench/gateway/peers.ts install` fetches them.
import { type ChildProcess, type SpawnOptions, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type PeerName = 'portkey' | 'litellm';

export const peerVersions: Readonly<Record<PeerName, string>> = { portkey: '1.15.2', litellm: '1.106.12' };

/**
 * What its own package-lock.json holds. The ranges it publishes let later versions in, and from some 1.19 of the server
 * on every stream of it ends in a 500 (headers that cannot be changed): that would say something of an install only.
 */
export const portkeyLock = { '@hono/node-server': '1.13.5', hono: '4.9.7' } as const;

const folder = fileURLToPath(new URL('../.cache/peers', import.meta.url));
const portkeyProgram = join(folder, 'portkey/node_modules/@portkey-ai/gateway/build/start-server.js');
const litellmProgram = join(folder, 'venv/bin/litellm');
const models = ['gpt-4o-mini', 'text-embedding-3-small'];
/** It starts with no key at all only when told that this is dangerous. */
const litellmKey = 'sk-peer-0123456789abcdef0123456789abcdef';

export interface RunningPeer {
  readonly child: ChildProcess;
  readonly origin: string;
  /** What a caller must send for the peer to find its upstream. */
  readonly headers: Readonly<Record<string, string>>;
}

export type Spawn = (line: readonly string[], options: SpawnOptions) => ChildProcess;

export function installPeers(): void {
  mkdirSync(folder, { recursive: true });
  const prefix = join(folder, 'portkey');
  const dependencies = { '@portkey-ai/gateway': peerVersions.portkey };
  mkdirSync(prefix, { recursive: true });
  writeFileSync(join(prefix, 'package.json'), JSON.stringify({ private: true, dependencies, overrides: portkeyLock }));
  run('npm', 'install', '--silent', '--prefix', prefix);
  run('python3', '-m', 'venv', join(folder, 'venv'));
  // Without its database's client a missing key is answered 500 instead of 401.
  run(join(folder, 'venv/bin/pip'), 'install', '--quiet', `litellm[proxy]==${peerVersions.litellm}`, 'prisma<1');
}

function run(program: string, ...line: string[]): void {
  const { status } = spawnSync(program, line, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${program} ${line.join(' ')} ended with ${status}`);
}

/** Starts a peer in front of an upstream (its origin, without `/v1`); null where it is not installed. */
export async function startPeer(name: PeerName, upstream: string, spawn: Spawn): Promise<RunningPeer | null> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const start = name === 'portkey' ? startPortkey : startLitellm;
  const started = start(port, upstream, spawn);
  if (started === null) return null;
  await untilListening(origin, started.child);
  return { ...started, origin };
}

function startPortkey(port: number, upstream: string, spawn: Spawn) {
  if (!existsSync(portkeyProgram)) return null;
  const child = spawn([process.execPath, portkeyProgram, `--port=${port}`, '--headless'], {
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const headers = {
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `${upstream}/v1`,
    authorization: 'Bearer sk-peer',
  };
  return { child, headers };
}

function startLitellm(port: number, upstream: string, spawn: Spawn) {
  if (!existsSync(litellmProgram)) return null;
  const settings = join(folder, `litellm-${port}.json`);
  writeFileSync(settings, JSON.stringify(litellmSettings(upstream)));
  const child = spawn(
    [
      litellmProgram,
      '--config',
      settings,
      '--port',
      String(port),
      '--host',
      '127.0.0.1',
      '--num_workers',
      '1',
      '--telemetry',
      'False',
    ],
    {
      env: {
        ...process.env,
        LITELLM_LOG: 'ERROR',
        LITELLM_LOCAL_MODEL_COST_MAP: 'True',
        LITELLM_MASTER_KEY: litellmKey,
      },
    },
  );
  return { child, headers: { authorization: `Bearer ${litellmKey}` } };
}

/** One attempt a call and no rest after a failure, so that one call says nothing of the next. */
function litellmSettings(upstream: string): object {
  const modelOf = (name: string) => ({
    model_name: name,
    litellm_params: { model: `openai/${name}`, api_base: `${upstream}/v1`, api_key: 'sk-upstream', max_retries: 0 },
  });
  return { model_list: models.map(modelOf), router_settings: { num_retries: 0, disable_cooldowns: true } };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function untilListening(origin: string, child: ChildProcess): Promise<void> {
  for (let waited = 0; waited < 120_000; waited += 250) {
    if (child.exitCode !== null) throw new Error(`the peer ended with ${child.exitCode}`);
    if (await fetch(origin).catch(() => null)) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`nobody listens at ${origin}`);
}

if (process.argv[2] === 'install' && process.argv[1] === fileURLToPath(import.meta.url)) installPeers();
