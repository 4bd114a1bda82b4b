// Usage: npm run bench:gateway [-- --rounds 5 --only ours-off,portkey --json]
// What a call costs each gateway: CPU time of its process, added latency, time to the first token, memory. The gateway has
// one core, the mock upstream and the callers the other; contenders take turns in an order shuffled every round, and
// every figure is compared with the pipe's of the same round. Peers: npx tsx bench/gateway/peers.ts install.
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { seededRandom } from '../src/records/random.ts';
import { type Contender, script, startInstalledPeer, startOurs, startPinned, startPipe } from './gateway/contenders.ts';
import type { Load, LoadResult } from './gateway/load.ts';
import { cpuMicroseconds, residentMegabytes } from './gateway/process-figures.ts';
import { type CellResult, describeTable, type Row, summarise } from './gateway/summary.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
  },
});
const loadCore = '1';
const clients = 16;
const sequentialCalls = 200;
const say = (text: string) => process.stderr.write(`${text}\n`);

if (!values['no-build']) spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
const upstream = await startPinned(loadCore, [process.execPath, script('mock-upstream.mjs')]);
const upstreamOrigin = `http://127.0.0.1:${JSON.parse(upstream.said).port}`;
const callers = startCallers();
const contenders = await startContenders();
const cells: CellResult[] = [];
const random = seededRandom(20_261_125);
for (let round = 0; round < Number(values.rounds); round++)
  for (const contender of shuffled(contenders)) cells.push(...(await measure(contender, round)));
const rows = summarise(cells);
report(rows);
for (const { stop } of contenders) await stop();
callers.kill();
upstream.child.kill();

async function startContenders(): Promise<readonly Contender[]> {
  const off = { capture: { default: 'nothing' }, stage: 'off' };
  const live = { stage: 'auto', promise: { epsilon: 0.1 }, spotChecks: { share: 0, perDay: 0 } };
  const starts: Readonly<Record<string, () => Promise<Contender | null>>> = {
    pipe: () => startPipe(upstreamOrigin),
    'ours-off': () => startOurs(upstreamOrigin, { name: 'ours-off', settings: off }),
    'ours-capture': () =>
      startOurs(upstreamOrigin, { name: 'ours-capture', settings: { stage: 'off' }, withKey: true }),
    'ours-keys': () => startOurs(upstreamOrigin, { name: 'ours-keys', settings: off, withKey: true }),
    'ours-scored': () =>
      startOurs(upstreamOrigin, {
        name: 'ours-scored',
        settings: live,
        withKey: true,
        withStudent: true,
        // It scores every call, and the teacher answers: what a student that is not sure costs.
        stage: 'shadow',
        expects: 'stage-shadow',
        workloads: ['call'],
      }),
    'ours-answers': () =>
      startOurs(upstreamOrigin, {
        name: 'ours-answers',
        settings: live,
        withKey: true,
        withStudent: true,
        expects: 'confident',
        workloads: ['call'],
      }),
    portkey: () => startInstalledPeer('portkey', upstreamOrigin),
    litellm: () => startInstalledPeer('litellm', upstreamOrigin),
  };
  const wanted = values.only === '' ? null : new Set(['pipe', ...values.only.split(',')]);
  const started: Contender[] = [];
  for (const [name, start] of Object.entries(starts)) {
    if (wanted !== null && !wanted.has(name)) continue;
    const contender = await start();
    if (contender === null) say(`${name} is not installed: npx tsx bench/gateway/peers.ts install`);
    else started.push(contender);
  }
  return started;
}

function startCallers(): ChildProcess {
  const child = fork(script('load.ts'), { execArgv: ['--import', 'tsx'] });
  spawnSync('taskset', ['-a', '-p', '-c', loadCore, String(child.pid)], { stdio: 'ignore' });
  return child;
}

function ask(load: Load): Promise<LoadResult> {
  return new Promise((resolve) => {
    callers.once('message', (result: LoadResult) => resolve(result));
    callers.send(load);
  });
}

/** One turn of one contender: warm up, then its CPU time under load, then its latency with one client. */
async function measure(contender: Contender, round: number): Promise<readonly CellResult[]> {
  const { name, pid, origin, headers, calls } = contender;
  const results: CellResult[] = [];
  for (const workload of contender.workloads) {
    const load = { origin, headers, stream: workload === 'stream', clients };
    await ask({ ...load, calls: Math.ceil(calls / 5) });
    const before = cpuMicroseconds(pid);
    const { errors, reasons } = await ask({ ...load, calls });
    const cpu = (cpuMicroseconds(pid) - before) / calls;
    const { expects } = contender;
    if (expects !== undefined && (reasons[expects] ?? 0) < 0.95 * calls)
      throw new Error(`${name} was to be ${expects}, and was ${JSON.stringify(reasons)}`);
    const alone = await ask({ ...load, clients: 1, calls: Math.min(sequentialCalls, calls) });
    results.push({
      round,
      name,
      workload,
      cpuMicroseconds: cpu,
      medianMs: median(alone.latenciesMs),
      p99Ms: quantile(alone.latenciesMs, 0.99),
      firstTokenMs: median(alone.firstBytesMs),
      residentMegabytes: residentMegabytes(pid),
      errors: errors + alone.errors,
      reasons,
    });
    say(`round ${round + 1}  ${name.padEnd(26)} ${workload.padEnd(7)} ${cpu.toFixed(0).padStart(7)} µs`);
  }
  return results;
}

function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

function quantile(numbers: readonly number[], share: number): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(share * (numbers.length - 1))] ?? Number.NaN;
}

function shuffled<Item>(items: readonly Item[]): readonly Item[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

function report(table: readonly Row[]): void {
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };
  const document = { date: new Date().toISOString(), machine, rounds: Number(values.rounds), clients, rows: table };
  if (values.only === '') writeFileSync('bench/results/gateway.json', `${JSON.stringify(document, null, 2)}\n`);
  console.log(values.json ? JSON.stringify(document) : describeTable(table));
}
