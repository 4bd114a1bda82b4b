import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keywordCalls, keywordRows } from '../../test/keyword-stream.ts';
import { type PeerName, startPeer } from './peers.ts';
import { longSystem } from './prompt.ts';

/** A gateway under measure, in a process of its own on the first core. */
export interface Contender {
  readonly name: string;
  readonly pid: number;
  readonly origin: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly workloads: readonly ('call' | 'stream')[];
  /** The `x-rightsize-reason` that nearly all of its calls must get, or the figures are of something else. */
  readonly expects?: string | undefined;
  /** How many calls a round takes: fewer for slow ones. */
  readonly calls: number;
  stop(): Promise<void>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = join(root, 'dist/cli/main.js');
export const gatewayCore = '0';
const fastCalls = 3_000;

/** Runs on one core; resolves with the line it says first. */
export async function startPinned(
  core: string,
  line: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<{ readonly child: ChildProcess; readonly said: string }> {
  const child = spawn('taskset', ['-c', core, ...line], { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const said = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => resolve(text.toString()));
    child.once('exit', (status) => reject(new Error(`${line.join(' ')} ended with ${status}`)));
  });
  return { child, said };
}

export async function startPipe(upstream: string): Promise<Contender> {
  const { child, said } = await startPinned(gatewayCore, [process.execPath, script('pipe.mjs'), upstream]);
  return {
    name: 'pipe',
    ...plain(child, `http://127.0.0.1:${JSON.parse(said).port}`),
    workloads: ['call', 'stream'],
    calls: fastCalls,
  };
}

export function script(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

function plain(child: ChildProcess, origin: string) {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    pid: child.pid ?? 0,
    origin,
    headers: {},
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

interface OursWishes {
  readonly name: string;
  readonly settings: object;
  readonly withKey?: boolean;
  readonly withStudent?: boolean;
  /** How far the student is let once it is certified. */
  readonly stage?: 'shadow';
  readonly expects?: string;
  readonly workloads?: readonly ('call' | 'stream')[];
}

/** The built program as users start it, in a folder of its own. */
export async function startOurs(upstream: string, wishes: OursWishes): Promise<Contender> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-gateway-'));
  const data = join(folder, 'data');
  const settings = { port: 0, log: 'error', data, upstream: { baseUrl: `${upstream}/v1` }, ...wishes.settings };
  writeFileSync(join(folder, 'rightsize.config.json'), JSON.stringify(settings));
  if (wishes.withStudent) importKeywordLog(folder);
  const key = wishes.withKey ? addKey(folder) : null;
  const { child } = await startPinned(gatewayCore, [process.execPath, program, 'start'], { cwd: folder });
  const { origin } = JSON.parse(readFileSync(join(data, 'server.json'), 'utf8')) as { origin: string };
  const running = plain(child, origin);
  if (wishes.withStudent) await untilCertified(origin);
  if (wishes.stage !== undefined) await setStage(origin, wishes.stage);
  return {
    name: wishes.name,
    ...running,
    headers: key === null ? {} : { authorization: `Bearer ${key}` },
    workloads: wishes.workloads ?? ['call', 'stream'],
    expects: wishes.expects,
    calls: fastCalls,
    async stop() {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function importKeywordLog(folder: string): void {
  const rows = keywordRows({ count: 600, seed: 3, vague: 0.1 });
  const calls = keywordCalls(rows, () => ({ system: longSystem }));
  const lines = calls.map(({ at, request, response }) =>
    JSON.stringify({ at: new Date(at).toISOString(), request, response }),
  );
  writeFileSync(join(folder, 'log.jsonl'), lines.join('\n'));
  run(folder, 'import', 'log.jsonl');
}

function addKey(folder: string): string {
  const added = run(folder, 'keys', 'add', 'bench', '--requests-per-minute', '100000000', '--json');
  return (JSON.parse(added) as { secret: string }).secret;
}

function run(folder: string, ...line: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...line], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`rightsize ${line.join(' ')}: ${stderr}`);
  return stdout;
}

async function untilCertified(origin: string): Promise<void> {
  for (let waited = 0; waited < 120_000; waited += 200) {
    const { tasks } = (await (await fetch(`${origin}/admin/v1/status`)).json()) as {
      tasks: { certificate: unknown }[];
    };
    if (tasks.some(({ certificate }) => certificate !== null)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('no student was certified on the keyword log');
}

async function setStage(origin: string, stage: string): Promise<void> {
  const { ok } = await fetch(`${origin}/admin/v1/stage`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ task: null, stage }),
  });
  if (!ok) throw new Error(`the stage could not be set to ${stage}`);
}

/** A peer that is installed here; null, with a line that says so, where it is not. */
export async function startInstalledPeer(name: PeerName, upstream: string): Promise<Contender | null> {
  const peer = await startPeer(name, upstream, (line, options) =>
    spawn('taskset', ['-c', gatewayCore, ...line], { stdio: 'ignore', ...options }),
  );
  if (peer === null) return null;
  return {
    name,
    ...plain(peer.child, peer.origin),
    headers: peer.headers,
    workloads: ['call', 'stream'],
    calls: name === 'litellm' ? 300 : fastCalls,
  };
}
