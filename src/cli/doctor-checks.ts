import { mkdtemp, readFile, rm, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { chooseEncoder, openEncoder } from '../encoder/installed-encoders.ts';
import { isFleet } from '../providers/fleet/fleet-provider.ts';
import { openUpstreams } from '../providers/fleet/open-upstreams.ts';
import type { Provider } from '../providers/provider.ts';
import { isLoopbackName } from '../server/admin-app.ts';
import { refuseOpenDoors } from '../server/refuse-open-doors.ts';
import { defaultUpstreamName } from '../settings/upstream-settings.ts';
import type { Settings } from '../settings.ts';
import { openDatabase } from '../storage/open-database.ts';
import { openStore } from '../storage/open-store.ts';
import { findServer } from './running-server.ts';

export interface Check {
  readonly name: string;
  readonly result: 'passed' | 'failed' | 'skipped';
  readonly detail: string;
}

type Finding = Omit<Check, 'name'>;

/** Each check by itself: one that fails says why and keeps none of the others from running. */
export async function runChecks(settings: Settings): Promise<readonly Check[]> {
  const checks: readonly (readonly [string, () => Finding | Promise<Finding>])[] = [
    ['node', checkNode],
    ['sqlite', checkSqlite],
    ['webassembly', checkSimd],
    ['folder', () => checkFolder(settings.data)],
    ['disk', () => checkDisk(settings.data)],
    ['files', checkOpenFiles],
    ['port', () => checkPort(settings)],
    ['doors', () => checkDoors(settings)],
    ['upstream', () => checkUpstream(settings)],
    ['encoder', () => checkEncoder(settings)],
  ];
  return Promise.all(
    checks.map(async ([name, check]) => {
      try {
        return { name, ...(await check()) };
      } catch (error) {
        return { name, ...failed(error instanceof Error ? error.message : String(error)) };
      }
    }),
  );
}

function passed(detail: string): Finding {
  return { result: 'passed', detail };
}

function failed(detail: string): Finding {
  return { result: 'failed', detail };
}

const oldestNode = [20, 19] as const;

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isNewEnough = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  return isNewEnough
    ? passed(`Node ${process.versions.node}`)
    : failed(`Node ${process.versions.node}; ${oldestNode.join('.')} or newer is needed`);
}

async function checkSqlite(): Promise<Finding> {
  const database = await openDatabase(':memory:');
  try {
    const row = database.prepare('SELECT sqlite_version() AS version').get();
    return passed(`SQLite ${row?.version}`);
  } finally {
    database.close();
  }
}

/** The smallest module that uses a vector instruction: `v128.const` and `drop`. */
const simdModule = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 23, 1, 21, 0, 253, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 26, 11,
]);

// The compiler knows WebAssembly only from browser typings.
const runtime: { readonly WebAssembly?: { validate(bytes: Uint8Array): boolean } } = globalThis as never;

/** Without vectors students learn and answer all the same, several times slower. */
function checkSimd(): Finding {
  return runtime.WebAssembly?.validate(simdModule)
    ? passed('vector instructions are there')
    : { result: 'skipped', detail: 'no vector instructions: learning and answering will be slower' };
}

async function checkFolder(folder: string): Promise<Finding> {
  const parent = await nearestExisting(resolve(folder));
  const probe = await mkdtemp(join(parent, '.rightsize-doctor-'));
  await rm(probe, { recursive: true });
  return passed(`${resolve(folder)}${parent === resolve(folder) ? '' : ' (not made yet)'} can be written to`);
}

const enoughBytes = 1_000_000_000;

async function checkDisk(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(await nearestExisting(resolve(folder)));
  const free = bavail * bsize;
  const gigabytes = `${(free / 1e9).toFixed(1)} GB are free for ${resolve(folder)}`;
  if (free >= enoughBytes) return passed(gigabytes);
  return failed(`${gigabytes}; calls are answered on a full disk, and no longer kept: free some, or set \`retention\``);
}

/** Every call under way takes two: the caller's connection and the upstream's. */
const enoughFiles = 4_096;

async function checkOpenFiles(): Promise<Finding> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => null);
  const most = Number(/^Max open files\s+(\d+)/m.exec(limits ?? '')?.[1]);
  if (Number.isNaN(most)) return { result: 'skipped', detail: 'this system does not say how many files may be open' };
  if (most >= enoughFiles) return passed(`${most} files and connections may be open at once`);
  return failed(
    `only ${most} files and connections may be open at once; raise it with \`ulimit -n 65536\` or LimitNOFILE`,
  );
}

/** Whether `start` would open a door that it has no lock for. Keys in a folder that a server holds are not seen. */
async function checkDoors(settings: Settings): Promise<Finding> {
  const { host, keys } = settings;
  if (isLoopbackName(host)) return passed(`only this machine reaches ${host}`);
  const server = await findServer(settings);
  if (server !== null) return passed(`the running server at ${server.origin} has its locks`);
  refuseOpenDoors(settings, keys.callers === null && !(await hasStoredKeys(settings.data)));
  return passed(`${host} is reached from elsewhere, and asks for keys`);
}

async function hasStoredKeys(folder: string): Promise<boolean> {
  if (!(await isThere(folder))) return false;
  const store = await openStore(folder);
  try {
    return (await store.keys.list()).length > 0;
  } finally {
    await store.close();
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function nearestExisting(folder: string): Promise<string> {
  try {
    await stat(folder);
    return folder;
  } catch {
    return dirname(folder) === folder ? folder : nearestExisting(dirname(folder));
  }
}

async function checkPort(settings: Settings): Promise<Finding> {
  const server = await findServer(settings);
  if (server !== null) return passed(`the server of this folder runs at ${server.origin}`);
  const { host, port } = settings;
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) =>
      resolve(
        failed(
          error.code === 'EADDRINUSE' ? `port ${port} of ${host} is taken; choose another with --port` : error.message,
        ),
      ),
    );
    probe.listen(port, host, () => probe.close(() => resolve(passed(`port ${port} of ${host} is free`))));
  });
}

async function checkUpstream(settings: Settings): Promise<Finding> {
  const { recorded, models, upstream } = settings;
  if (recorded !== null) return { result: 'skipped', detail: `a recorded log plays the upstream: ${recorded}` };
  const provider = openUpstreams(settings);
  if (provider === null) return { result: 'skipped', detail: 'none is configured: set RIGHTSIZE_UPSTREAM_BASE_URL' };
  const aliases = Object.keys(models).length;
  const others = aliases === 0 ? '' : `; models: ${aliases}, which \`rightsize models test\` tries`;
  try {
    const asked = isFleet(provider)
      ? provider.targets().find(({ name }) => name === defaultUpstreamName)?.provider
      : provider;
    return asked === undefined
      ? passed(`none by default${others}`)
      : await checkAnswer(asked, upstream.apiKey !== null, others);
  } finally {
    await provider.close();
  }
}

async function checkAnswer(provider: Provider, hasKey: boolean, others: string): Promise<Finding> {
  const signal = AbortSignal.timeout(10_000);
  const { status, body } = await provider.send({ method: 'GET', path: '/models', headers: {}, body: null, signal });
  body.on('error', () => {}).resume();
  const isRefused = status === 401 || status === 403;
  if (isRefused && hasKey) return failed(`${provider.name} refuses the configured key (${status})`);
  return passed(`${provider.name} answers (${status})${isRefused ? "; callers' own keys are passed on" : ''}${others}`);
}

/** Opens the files, verifies them and reads a text. */
async function checkEncoder({ data, encoder: { use, cacheBytes } }: Settings): Promise<Finding> {
  const chosen = await chooseEncoder(data, use);
  if (chosen === null) return { result: 'skipped', detail: 'none is used: students see n-grams alone' };
  const encoder = openEncoder(data, chosen, cacheBytes);
  try {
    await encoder.encode(['The first text also brings the model into memory.']);
    const startedAt = performance.now();
    await encoder.encode(['Where is the parcel that I ordered last week?']);
    return passed(`${chosen.name} takes ${(performance.now() - startedAt).toFixed(1)} ms for a short text`);
  } finally {
    await encoder.close();
  }
}
