// An hour (or what is asked for) of steady load with mixed faults against the gateway as users start it: memory, sockets,
// handles, slots, and whether every success was kept once.
// usage: npx tsx bench/soak.ts [--minutes 60] [--rate 150] [--json]   (after `npm run build`)
// `--rate` is calls a second; 30 % of what the gateway does on one core of the machine at hand is meant.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type ScriptedUpstream, startScriptedUpstream } from '../conformance/scripted-upstream.ts';
import { type Random, seededRandom } from '../src/records/random.ts';
import { openStore } from '../src/storage/open-store.ts';
import { answerWithFaults, type Fate, fateOf, isSuccess } from './soak/faults.ts';
import { type Sample, slopePerHour } from './soak/samples.ts';

const sampleEveryMs = 5_000;
const settleMs = 3_000;

interface Tally {
  calls: number;
  readonly byOutcome: Record<string, number>;
  /** Ids of calls that ended well, as the answers name them. */
  readonly successes: Set<string>;
}

interface SoakReport {
  readonly date: string;
  readonly machine: object;
  readonly minutes: number;
  readonly rate: number;
  readonly calls: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** MB an hour over the second half. */
  readonly memorySlope: number;
  readonly memory: readonly number[];
  readonly socketSlope: number;
  readonly sockets: readonly [atStart: number, atEnd: number];
  readonly handles: readonly [atStart: number, atEnd: number];
  /** Requests that the gateway still holds when nobody asks any more. */
  readonly slots: number;
  readonly kept: {
    readonly successes: number;
    readonly stored: number;
    readonly missing: number;
    readonly twice: number;
  };
  readonly exit: string | null;
}

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '150' },
    json: { type: 'boolean', default: false },
  },
});
const report = await soak(Number(options.minutes), Number(options.rate));
mkdirSync('bench/results', { recursive: true });
writeFileSync('bench/results/soak.json', `${JSON.stringify(report, null, 2)}\n`);
if (options.json) console.log(JSON.stringify(report));
else say(report);

async function soak(minutes: number, rate: number): Promise<SoakReport> {
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-soak-'));
  const upstream = await startScriptedUpstream();
  const gateway = await startGateway(folder, upstream);
  const tally: Tally = { calls: 0, byOutcome: {}, successes: new Set() };
  const samples: Sample[] = [sampleOf(gateway)];
  const sampler = setInterval(() => {
    samples.push(sampleOf(gateway));
    // The upstream of the checks remembers what it was asked; an hour of that is too much.
    const { script } = upstream;
    upstream.reset();
    upstream.script = script;
  }, sampleEveryMs);
  await load(gateway, { minutes, rate, tally, random: seededRandom(1) });
  clearInterval(sampler);
  await pause(settleMs);
  samples.push(sampleOf(gateway));
  const slots = await metric(gateway, 'rightsize_active_requests');
  const exit = gateway.child.exitCode === null ? null : String(gateway.child.exitCode);
  await stop(gateway);
  const kept = await compare(join(folder, 'data'), tally.successes);
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
  const [first, last] = [samples[0] as Sample, samples.at(-1) as Sample];
  return {
    date: new Date().toISOString(),
    machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version },
    minutes,
    rate,
    calls: tally.calls,
    outcomes: tally.byOutcome,
    memorySlope: slopePerHour(samples, ({ megabytes }) => megabytes),
    memory: samples.map(({ megabytes }) => Math.round(megabytes)),
    socketSlope: slopePerHour(samples, ({ sockets }) => sockets),
    sockets: [first.sockets, last.sockets],
    handles: [first.handles, last.handles],
    slots,
    kept,
    exit,
  };
}

interface RunningGateway {
  readonly child: ChildProcess;
  readonly origin: string;
}

async function startGateway(folder: string, upstream: ScriptedUpstream): Promise<RunningGateway> {
  upstream.script = answerWithFaults;
  const settings = {
    port: 0,
    log: 'error',
    upstream: {
      baseUrl: upstream.baseUrl,
      firstByteTimeoutMs: 1_000,
      idleTimeoutMs: 1_000,
      retries: 1,
      retryBaseMs: 20,
    },
  };
  writeFileSync(join(folder, 'rightsize.config.json'), JSON.stringify(settings));
  const program = join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');
  const child = spawn(process.execPath, [program, 'start', '--data', join(folder, 'data')], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  const origin = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (text) => {
      said += text;
      const found = /listens on (http:\S+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(`the gateway did not start: ${said}`)));
  });
  return { child, origin };
}

async function stop({ child }: RunningGateway): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

interface Load {
  readonly minutes: number;
  readonly rate: number;
  readonly tally: Tally;
  readonly random: Random;
}

/** Calls at random moments, so many a second on average, whatever became of those before. */
async function load(gateway: RunningGateway, { minutes, rate, tally, random }: Load): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 512 });
  const endsAt = performance.now() + minutes * 60_000;
  const running = new Set<Promise<void>>();
  let nextAt = performance.now();
  while (performance.now() < endsAt && gateway.child.exitCode === null) {
    nextAt += (-Math.log(1 - random()) / rate) * 1_000;
    const early = nextAt - performance.now();
    if (early > 1) await pause(early);
    const call = sendCall(gateway, agent, { fate: fateOf(random()), number: tally.calls++, random: random() }, tally);
    running.add(call);
    void call.finally(() => running.delete(call));
  }
  await Promise.all(running);
  agent.destroy();
}

interface SoakCall {
  readonly fate: Fate;
  readonly number: number;
  readonly random: number;
}

function sendCall({ origin }: RunningGateway, agent: Agent, call: SoakCall, tally: Tally): Promise<void> {
  const { fate, number, random } = call;
  const stream = fate === 'stream' || fate === 'cut-stream' || fate === 'abort-stream';
  const body = JSON.stringify({
    model: 'gpt-4o-mini',
    stream,
    messages: [{ role: 'user', content: `${fate} ${number}` }],
  });
  const text = fate === 'malformed' ? body.slice(0, -3) : body;
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const sent = request(`${origin}/v1/chat/completions`, { method: 'POST', agent, headers }, (response) => {
      let received = '';
      response.setEncoding('utf8').on('data', (piece) => {
        received += piece;
        if (fate === 'abort-stream' && random < 0.5) sent.destroy();
      });
      response.on('error', () => {});
      response.on('close', () => {
        const isWell = response.complete && isSuccess(response.statusCode ?? 0, received, stream);
        note(isWell ? 'success' : `${response.statusCode}`);
        if (isWell) tally.successes.add(String(response.headers['x-rightsize-call']));
        resolve();
      });
    });
    sent.on('error', () => {
      note('hung up');
      resolve();
    });
    if (fate.startsWith('abort')) setTimeout(() => sent.destroy(), 5 + random * 200);
    sent.end(text);
    function note(outcome: string): void {
      tally.byOutcome[outcome] = (tally.byOutcome[outcome] ?? 0) + 1;
    }
  });
}

function sampleOf({ child }: RunningGateway): Sample {
  const folder = `/proc/${child.pid}`;
  const status = readFileSync(`${folder}/status`, 'utf8');
  const open = readdirSync(`${folder}/fd`).map((descriptor) => targetOf(`${folder}/fd/${descriptor}`));
  return {
    atMs: performance.now(),
    megabytes: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024,
    sockets: open.filter((target) => target.startsWith('socket:')).length,
    handles: open.length,
  };
}

/** Empty where the file was closed meanwhile. */
function targetOf(descriptor: string): string {
  try {
    return readlinkSync(descriptor);
  } catch {
    return '';
  }
}

async function metric({ origin }: RunningGateway, name: string): Promise<number> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  return Number(new RegExp(`^${name}(?:{[^}]*})? (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
}

/** Whether each call that ended well stands in the store, and once. */
async function compare(data: string, successes: ReadonlySet<string>): Promise<SoakReport['kept']> {
  const store = await openStore(data, { readOnly: true });
  const seen = new Map<string, number>();
  try {
    for await (const { call } of store.calls.scan())
      if (call.status === 200 && successes.has(call.id)) seen.set(call.id, (seen.get(call.id) ?? 0) + 1);
  } finally {
    await store.close();
  }
  const twice = [...seen.values()].filter((times) => times > 1).length;
  return { successes: successes.size, stored: seen.size, missing: successes.size - seen.size, twice };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function say({ minutes, rate, calls, outcomes, memorySlope, memory, sockets, handles, slots, kept, exit }: SoakReport) {
  console.log(`${calls} calls in ${minutes} minutes at ${rate} a second; the process ${exit ?? 'lived'}`);
  console.log(`outcomes  ${JSON.stringify(outcomes)}`);
  console.log(
    `memory    ${memory[0]} → ${memory.at(-1)} MB, ${memorySlope.toFixed(1)} MB an hour over the second half`,
  );
  console.log(`sockets   ${sockets.join(' → ')}   open files ${handles.join(' → ')}   slots ${slots}`);
  console.log(`kept      ${kept.stored} of ${kept.successes} successes, ${kept.missing} missing, ${kept.twice} twice`);
}
