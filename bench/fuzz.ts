// Sends generated and mutated requests through a real gateway whose upstream answers as oddly, over raw sockets, and
// asks of it: no crash, no wait over a second, every error an error object as OpenAI writes it, memory that stays flat.
// usage: npx tsx bench/fuzz.ts [--minutes 10] [--seed 1] [--cases N] [--json]
// A case is its seed: `--seed N --cases 1` repeats it.
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startInstallation } from '../src/server/start-installation.ts';
import { completeSettings } from '../src/settings.ts';
import { faultOfSeed, fuzzSettings, fuzzUpstream } from '../test/fuzz/fuzz-case.ts';
import { createOddUpstream } from '../test/fuzz/odd-upstream.ts';
import { listen, pause, shut } from '../test/scripted-upstream.ts';

const parallel = 96;
const probeEveryMs = 250;
const sampleEveryMs = 10_000;

interface Finding {
  readonly seed: number;
  readonly fault: string;
}

interface MemorySample {
  readonly minute: number;
  readonly megabytes: number;
}

if (process.argv[2] === 'gateway') await serve(process.argv[3] ?? '', process.argv[4] ?? '');
else await main();

async function main(): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: '1' },
      cases: { type: 'string', default: 'Infinity' },
      json: { type: 'boolean', default: false },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-fuzz-'));
  const upstream = createOddUpstream();
  const { child, port } = await startGateway(`${await listen(upstream)}/v1`, folder);
  const run = { port, child, firstSeed: Number(options.seed), cases: Number(options.cases) };
  const report = await fuzz({ ...run, endsAt: performance.now() + Number(options.minutes) * 60_000 });
  child.kill();
  await shut(upstream);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync('bench/results', { recursive: true });
  writeFileSync('bench/results/fuzz.json', `${JSON.stringify(report, null, 2)}\n`);
  if (options.json) console.log(JSON.stringify(report));
  else say(report);
  process.exitCode = report.findings.length === 0 && report.exit === null ? 0 : 1;
}

/** The gateway as users start it, in a process of its own. */
async function serve(baseUrl: string, data: string): Promise<void> {
  const settings = completeSettings({ ...fuzzSettings, data, upstream: { ...fuzzUpstream, baseUrl } });
  const { origin } = await startInstallation({ settings, version: '0.0.0' });
  process.send?.(Number(new URL(origin).port));
}

async function startGateway(
  baseUrl: string,
  data: string,
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = fork(fileURLToPath(import.meta.url), ['gateway', baseUrl, data], { execArgv: process.execArgv });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (taken) => resolve(Number(taken)));
    child.once('exit', (code) => reject(new Error(`the gateway ended with ${code} before it listened`)));
  });
  return { child, port };
}

interface FuzzRun {
  readonly port: number;
  readonly child: ChildProcess;
  readonly firstSeed: number;
  readonly cases: number;
  /** Of `performance.now()`. */
  readonly endsAt: number;
}

interface FuzzReport {
  readonly cases: number;
  readonly minutes: number;
  readonly findings: readonly Finding[];
  /** How the gateway's process ended by itself; null where it lived. */
  readonly exit: string | null;
  readonly longestProbeMs: number;
  readonly memory: readonly MemorySample[];
  /** Megabytes a minute over the second half; null where the run was too short to say. */
  readonly memorySlope: number | null;
}

async function fuzz({ port, child, firstSeed, cases, endsAt }: FuzzRun): Promise<FuzzReport> {
  const startedAt = performance.now();
  const findings: Finding[] = [];
  const memory: MemorySample[] = [];
  let next = 0;
  let exit: string | null = null;
  let longestProbeMs = 0;
  child.once('exit', (code, signal) => {
    exit = `${code ?? signal}`;
  });
  const goesOn = () => exit === null && next < cases && performance.now() < endsAt;
  const caller = async () => {
    while (goesOn()) {
      const seed = firstSeed + next++;
      const fault = await surestFault(seed, port);
      if (fault !== null) findings.push({ seed, fault });
    }
  };
  const probe = async () => {
    while (goesOn()) {
      longestProbeMs = Math.max(longestProbeMs, await probeMs(port, child.pid));
      await pause(probeEveryMs);
    }
  };
  const sampler = setInterval(() => {
    memory.push({ minute: (performance.now() - startedAt) / 60_000, megabytes: residentMegabytes(child.pid) });
  }, sampleEveryMs);
  await Promise.all([probe(), ...Array.from({ length: parallel }, caller)]);
  clearInterval(sampler);
  if (longestProbeMs > 1_000) findings.push({ seed: -1, fault: `health took ${longestProbeMs.toFixed(0)} ms` });
  const minutes = (performance.now() - startedAt) / 60_000;
  return { cases: next, minutes, findings, exit, longestProbeMs, memory, memorySlope: slope(memory) };
}

/** A fault that shows twice: on a busy machine one silence may be the machine's. */
async function surestFault(seed: number, port: number): Promise<string | null> {
  const fault = await faultOfSeed(seed, port);
  return fault === null ? null : faultOfSeed(seed, port);
}

/** How long `/healthz` takes, less what either process waited for a processor: as long as anything holds the event loop. */
async function probeMs(port: number, gateway: number | undefined): Promise<number> {
  const startedAt = performance.now();
  const waitedBefore = waitedForProcessorMs(gateway) + waitedForProcessorMs(process.pid);
  await fetch(`http://127.0.0.1:${port}/healthz`).then(
    (response) => response.text(),
    () => undefined,
  );
  const waited = waitedForProcessorMs(gateway) + waitedForProcessorMs(process.pid) - waitedBefore;
  return performance.now() - startedAt - waited;
}

/** Of its main thread, since it began; the second figure of schedstat, in nanoseconds. */
function waitedForProcessorMs(pid: number | undefined): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}

function residentMegabytes(pid: number | undefined): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(line ?? Number.NaN) / 1024;
}

/** Least squares over the second half, when caches are full. */
function slope(samples: readonly MemorySample[]): number | null {
  const late = samples.slice(Math.floor(samples.length / 2));
  if (late.length < 5) return null;
  const meanX = late.reduce((sum, { minute }) => sum + minute, 0) / late.length;
  const meanY = late.reduce((sum, { megabytes }) => sum + megabytes, 0) / late.length;
  const above = late.reduce((sum, { minute, megabytes }) => sum + (minute - meanX) * (megabytes - meanY), 0);
  return above / late.reduce((sum, { minute }) => sum + (minute - meanX) ** 2, 0);
}

function say({ cases, minutes, findings, exit, longestProbeMs, memory, memorySlope }: FuzzReport): void {
  console.log(`${cases} cases in ${minutes.toFixed(1)} minutes, ${findings.length} findings`);
  console.log(
    `process ${exit === null ? 'lived' : `ended with ${exit}`}, longest probe ${longestProbeMs.toFixed(0)} ms`,
  );
  const first = memory[Math.floor(memory.length / 2)]?.megabytes;
  console.log(
    `memory ${first?.toFixed(0) ?? '?'} MB halfway, ${memory.at(-1)?.megabytes.toFixed(0) ?? '?'} MB at the end, ${memorySlope?.toFixed(2) ?? '?'} MB a minute`,
  );
  const kinds = new Map<string, Finding[]>();
  for (const finding of findings) {
    const kind = finding.fault.replaceAll(/\d+/g, '#').split(':')[0] ?? '';
    kinds.set(kind, [...(kinds.get(kind) ?? []), finding]);
  }
  for (const [, same] of kinds) console.log(`${same.length} × ${same[0]?.fault} (seeds ${seeds(same)})`);
}

function seeds(findings: readonly Finding[]): string {
  return findings
    .slice(0, 5)
    .map(({ seed }) => seed)
    .join(', ');
}
