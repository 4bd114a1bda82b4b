import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OurGateway, OursWishes } from './check.ts';
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts';

export const program = join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');
const startMs = 20_000;
const stopMs = 5_000;

export const gatewayKey = 'rs-conformance-caller-key';
export const upstreamKey = 'sk-conformance-upstream-key';

/** `rightsize start` as users run it, on a free port, in a folder of its own. `dist/` must be built. */
export async function startOurs(
  wishes: OursWishes = {},
  { upstream: shared }: { readonly upstream?: ScriptedUpstream } = {},
): Promise<OurGateway> {
  const upstream = shared ?? (await startScriptedUpstream());
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-conformance-'));
  const data = wishes.data ?? join(folder, 'data');
  writeFileSync(join(folder, 'rightsize.config.json'), JSON.stringify(settingsOf(wishes, upstream)));
  const child = spawn(process.execPath, [program, 'start', '--data', data], {
    cwd: folder,
    env: environmentOf(wishes),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = gather(child);
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code ?? -1));
  });
  const stop = async () => {
    await endProcess(child, ended);
    if (shared === undefined) await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  };
  let origin: string;
  try {
    origin = await listening(written, ended);
  } catch (error) {
    await stop();
    throw error;
  }
  const authorization = wishes.withKey === false ? {} : { authorization: `Bearer ${gatewayKey}` };
  return {
    origin,
    baseUrl: `${origin}/v1`,
    key: gatewayKey,
    upstream,
    pid: child.pid ?? -1,
    folder,
    data,
    headers: (extra = {}) => ({ 'content-type': 'application/json', ...authorization, ...extra }),
    output: () => written.text,
    signal: (name) => void child.kill(name),
    ended,
    stop,
  };
}

function settingsOf({ settings: wished = {}, withKey = true }: OursWishes, upstream: ScriptedUpstream): object {
  const settings = typeof wished === 'function' ? wished(upstream) : wished;
  return {
    host: '127.0.0.1',
    port: 0,
    ...settings,
    ...(withKey ? { keys: { callers: { env: 'CONFORMANCE_CALLER_KEY' }, ...settings.keys } } : {}),
    upstream: { baseUrl: upstream.baseUrl, apiKey: { env: 'CONFORMANCE_UPSTREAM_KEY' }, ...settings.upstream },
  };
}

/** Nothing of this machine's own settings. */
function environmentOf({ environment = {} }: OursWishes): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(RIGHTSIZE_|NODE_OPTIONS|VITEST|.*_proxy$)/i.test(name),
  );
  return {
    ...Object.fromEntries(inherited),
    NODE_ENV: 'production',
    CONFORMANCE_CALLER_KEY: gatewayKey,
    CONFORMANCE_UPSTREAM_KEY: upstreamKey,
    ...environment,
  };
}

interface Written {
  text: string;
  notify: () => void;
}

function gather(child: ChildProcess): Written {
  const written: Written = { text: '', notify: () => {} };
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      written.text += text;
      written.notify();
    });
  return written;
}

async function listening(written: Written, ended: Promise<unknown>): Promise<string> {
  const found = () => /listens on (http:\S+)/.exec(written.text)?.[1];
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, startMs);
  });
  const said = new Promise<void>((resolve) => {
    written.notify = () => {
      if (found() !== undefined) resolve();
    };
    written.notify();
  });
  await Promise.race([said, ended, late]);
  clearTimeout(timer);
  const origin = found();
  if (origin === undefined) throw new Error(`the gateway did not start:\n${written.text}`);
  return origin;
}

async function endProcess(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await ended;
  clearTimeout(timer);
}
