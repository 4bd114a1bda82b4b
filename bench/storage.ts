// Stores a million calls and asks what people ask of a store: space, appends, newest calls of a task, retention, backup.
// usage: npx tsx bench/storage.ts LOG [--calls 1000000] [--json]
// LOG is a call log; it is repeated with new ids and later times until there are enough calls.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readCallLog } from '../src/capture/read-call-log.ts';
import type { Call } from '../src/records/call.ts';
import { seededRandom } from '../src/records/random.ts';
import type { StoredCall } from '../src/storage/call-store.ts';
import { openSqliteStore } from '../src/storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../src/storage/store.ts';

const { values: options, positionals } = parseArgs({
  options: { calls: { type: 'string', default: '1000000' }, json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const log = positionals[0];
if (log === undefined) throw new Error('usage: npx tsx bench/storage.ts LOG [--calls 1000000] [--json]');
const wanted = Number(options.calls);
const monthMs = 31 * 24 * 60 * 60 * 1000;
const batchSize = 256;
const random = seededRandom(1);

interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
}
const rows: Row[] = [];
function record(what: string, value: number, unit: string): void {
  rows.push({ what, value: Math.round(value * 1000) / 1000, unit });
}

const folder = mkdtempSync(join(tmpdir(), 'rightsize-bench-'));
try {
  await run();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
report();

async function run(): Promise<void> {
  const tasks = await fill();
  await ask(tasks);
  await shrink();
}

/** Appends in the batches of the live path; only the appending is timed. */
async function fill(): Promise<readonly string[]> {
  const store = await openSqliteStore(folder);
  const tasks = new Map<string, number>();
  const batchTimes: number[] = [];
  let calls = 0;
  let cpuUs = 0;
  let batch: StoredCall[] = [];
  let firstPass = 0;
  const flush = async (): Promise<void> => {
    const startedAt = performance.now();
    const before = process.cpuUsage();
    await store.calls.append(batch);
    const { user, system } = process.cpuUsage(before);
    cpuUs += user + system;
    batchTimes.push(performance.now() - startedAt);
    calls += batch.length;
    batch = [];
  };
  for (let pass = 0; calls < wanted; pass++) {
    for await (const call of readCallLog(log as string)) {
      const stored = disguised(call, pass);
      const task = stored.match?.task ?? '';
      tasks.set(task, (tasks.get(task) ?? 0) + 1);
      batch.push(stored);
      if (batch.length === batchSize) await flush();
      if (calls >= wanted) break;
    }
    await flush();
    if (pass === 0) {
      firstPass = calls;
      record('disk per call, the log once', bytesOnDisk() / calls, 'B');
    }
  }
  batchTimes.sort((a, b) => a - b);
  record('calls in the log', firstPass, '');
  record('calls stored', calls, '');
  record('append, CPU per call', cpuUs / calls, 'us');
  record('append, a batch of 256, median', at(batchTimes, 0.5), 'ms');
  record('append, a batch of 256, 99 %', at(batchTimes, 0.99), 'ms');
  record('append, calls per second', (1000 * calls) / batchTimes.reduce((sum, ms) => sum + ms, 0), '');
  record('memory of the process', process.memoryUsage().rss / 1e6, 'MB');
  await store.close();
  record('disk per call, all', bytesOnDisk() / calls, 'B');
  // The largest: of the others there is little to list.
  const bySize = [...tasks].sort((a, b) => b[1] - a[1]);
  return bySize.slice(0, 20).map(([task]) => task);
}

/** The same text under another id and a later time, with a stand-in for its task. */
function disguised(call: Call, pass: number): StoredCall {
  const id = `call_${Array.from({ length: 20 }, () => Math.floor(random() * 16).toString(16)).join('')}`;
  const task = `${call.tenant}/${call.request.model}/${String(call.request.messages[0]?.content).slice(0, 40)}`;
  return { call: { ...call, id, at: call.at + pass * monthMs }, route: null, match: { task, version: `${task}-1` } };
}

/** What a page or command asks for, each from a freshly opened store and again. */
async function ask(tasks: readonly string[]): Promise<void> {
  const store = await openSqliteStore(folder);
  const cold: number[] = [];
  const warm: number[] = [];
  const ids: string[] = [];
  for (const task of tasks) {
    cold.push(
      await timed(async () => ids.push(...(await store.calls.list({ task, limit: 50 })).map(({ call }) => call.id))),
    );
    warm.push(await timed(() => store.calls.list({ task, limit: 50 })));
  }
  record('newest 50 calls of a task, first time, median', median(cold), 'ms');
  record('newest 50 calls of a task, first time, worst', Math.max(...cold), 'ms');
  record('newest 50 calls of a task, again, median', median(warm), 'ms');
  const gets: number[] = [];
  for (const id of ids.slice(0, 500)) gets.push(await timed(() => store.calls.get(id)));
  record('one call by its id, median', median(gets), 'ms');
  record('count of all calls', await timed(() => store.calls.count()), 'ms');
  record('backup while open', (await timed(() => store.backup(join(folder, 'backup')))) / 1000, 's');
  rmSync(join(folder, 'backup'));
  record('scan of 100,000 calls', await timed(() => scanned(store, 100_000)), 'ms');
  await store.close();
}

async function scanned(store: Store, limit: number): Promise<void> {
  let left = limit;
  for await (const _ of store.calls.scan()) if (--left === 0) return;
}

/** A tenth goes by age, then half of the rest by size. */
async function shrink(): Promise<void> {
  const store = await openSqliteStore(folder);
  const [newest] = await store.calls.list({ limit: 1 });
  let first = 0;
  for await (const { call } of store.calls.scan()) {
    first = call.at;
    break;
  }
  const before = bytesOnDisk();
  const olderThan = first + ((newest?.call.at ?? 0) - first) / 10;
  let removed = 0;
  const seconds = await timed(async () => {
    removed = (await store.calls.remove({ olderThan })).calls;
  });
  record('retention by age: calls removed', removed, '');
  record('retention by age: time', seconds / 1000, 's');
  record('retention by age: disk given back', (before - bytesOnDisk()) / 1e6, 'MB');
  const half = (await store.calls.size()) / 2;
  record(
    'retention by size, to a half: time',
    (await timed(() => store.calls.remove({ largerThanBytes: half }))) / 1000,
    's',
  );
  record('retention by size, to a half: disk left', bytesOnDisk() / 1e6, 'MB');
  await store.close();
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function bytesOnDisk(): number {
  return readdirSync(folder).reduce((bytes, name) => bytes + statSync(join(folder, name)).size, 0);
}

function median(values: readonly number[]): number {
  return at(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function report(): void {
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;
  const result = { date: new Date().toISOString().slice(0, 10), machine, rows };
  mkdirSync('bench/results', { recursive: true });
  writeFileSync('bench/results/storage.json', `${JSON.stringify(result, null, 2)}\n`);
  if (options.json) return void process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  const width = Math.max(...rows.map(({ what }) => what.length));
  for (const { what, value, unit } of rows) console.log(`${what.padEnd(width)}  ${value.toLocaleString('en')} ${unit}`);
}
