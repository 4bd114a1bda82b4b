/**
 * Finding tasks, scored against what the log's builder knows.
 * Usage: npx tsx bench/discovery.ts [--json] [--verbose] [--log DIR] [--scale 0.1,1,other] [--seed 1] [--growth 0.1,1,10]
 * `other` is a second log with other prompts and sets; --growth measures time and memory alone, each size in a fresh process.
 * Data: SHARED_DIR (default ../shared beside the repository), or a built log with --log.
 */
import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { findTasks } from '../src/discover/find-tasks.ts';
import { TaskFinder } from '../src/discover/task-finder.ts';
import type { Call, ChatRequest, JsonObject } from '../src/records/call.ts';
import { whyNotLearnable } from '../src/records/output-shape.ts';
import { seededRandom, shuffled } from '../src/records/random.ts';
import type { Task, TaskMatch } from '../src/records/task.ts';
import { buildOtherLog } from './discovery-log.ts';

interface Truth {
  readonly id: string;
  readonly task: string | null;
}

interface Score {
  readonly calls: number;
  readonly randIndex: number;
  readonly chatTaken: number;
  readonly taskCalls: number;
  readonly unplaced: number;
}

const root = resolve(import.meta.dirname, '..');
const shared = resolve(process.env.SHARED_DIR ?? join(root, '..', 'shared'));

function readLines<Row>(file: string): Row[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row);
}

interface LogLine {
  readonly id: string;
  readonly at: string;
  readonly tenant?: string;
  readonly task?: string;
  readonly status?: number;
  readonly request: ChatRequest;
  readonly response: JsonObject;
}

function toCall(line: LogLine): Call {
  return {
    id: line.id,
    at: Date.parse(line.at),
    tenant: line.tenant ?? 'default',
    status: line.status ?? 200,
    latencyMs: null,
    request: line.request,
    response: line.response,
    task: line.task ?? null,
    gold: null,
    tags: {},
  };
}

/** Hubert and Arabie (1985), over the calls that belong to a task; a call that was not placed is a class of its own. */
function adjustedRandIndex(pairs: readonly (readonly [string, string])[]): number {
  const choose2 = (n: number): number => (n * (n - 1)) / 2;
  const sumOver = (keys: readonly string[]): number => {
    const counts = new Map<string, number>();
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
    return [...counts.values()].reduce((sum, count) => sum + choose2(count), 0);
  };
  const together = sumOver(pairs.map(([a, b]) => `${a}\u0000${b}`));
  const left = sumOver(pairs.map(([a]) => a));
  const right = sumOver(pairs.map(([, b]) => b));
  const expected = (left * right) / choose2(pairs.length);
  return (together - expected) / ((left + right) / 2 - expected);
}

function score(
  truth: ReadonlyMap<string, string | null>,
  placed: ReadonlyMap<string, string>,
  groups: ReadonlySet<string>,
): Score {
  const pairs: [string, string][] = [];
  let chat = 0;
  let taken = 0;
  let unplaced = 0;
  for (const [id, task] of truth) {
    const found = placed.get(id);
    if (task === null) {
      chat++;
      if (found !== undefined && !groups.has(found)) taken++;
    } else {
      if (found === undefined) unplaced++;
      pairs.push([task, found ?? `unplaced ${id}`]);
    }
  }
  return {
    calls: truth.size,
    randIndex: adjustedRandIndex(pairs),
    chatTaken: chat === 0 ? 0 : taken / chat,
    taskCalls: pairs.length,
    unplaced,
  };
}

function groupsOf(tasks: readonly Task[]): ReadonlySet<string> {
  return new Set(tasks.filter((task) => task.kind === 'group').map((task) => task.id));
}

interface Run {
  readonly score: Score;
  readonly tasks: readonly Task[];
  readonly seconds: number;
  readonly peakMb: number;
}

async function scoreWhole(calls: readonly Call[], truth: ReadonlyMap<string, string | null>): Promise<Run> {
  const started = process.cpuUsage();
  const placed = new Map<string, string>();
  const { tasks } = await findTasks(() => calls, {
    each: (call, match) => {
      if (match !== null) placed.set(call.id, match.task);
    },
  });
  const seconds = process.cpuUsage(started).user / 1e6;
  return { score: score(truth, placed, groupsOf(tasks)), tasks, seconds, peakMb: process.memoryUsage().rss / 2 ** 20 };
}

interface StreamRun extends Run {
  /** Calls of each true task that came before it was found. */
  readonly foundAfter: Readonly<Record<string, number>>;
  readonly minings: number;
}

function scoreStream(calls: readonly Call[], truth: ReadonlyMap<string, string | null>): StreamRun {
  const started = process.cpuUsage();
  const finder = new TaskFinder();
  const placed = new Map<string, string>();
  const place = (matches: ReadonlyMap<string, TaskMatch>): void => {
    for (const [id, match] of matches) placed.set(id, match.task);
  };
  const foundAfter: Record<string, number> = {};
  const met = new Map<string, number>();
  let minings = 0;
  for (const call of calls) {
    const match = finder.observe(call);
    const name = truth.get(call.id) ?? null;
    if (name !== null) {
      met.set(name, (met.get(name) ?? 0) + 1);
      if (match !== null && foundAfter[name] === undefined) foundAfter[name] = (met.get(name) ?? 0) - 1;
    }
    if (match !== null) placed.set(call.id, match.task);
    if (finder.isMiningDue) {
      minings++;
      place(finder.mine().assignments);
    }
  }
  const tasks = finder.tasks();
  const seconds = process.cpuUsage(started).user / 1e6;
  return {
    score: score(truth, placed, groupsOf(tasks)),
    tasks,
    seconds,
    peakMb: process.memoryUsage().rss / 2 ** 20,
    foundAfter,
    minings,
  };
}

/** Microseconds a call, median over the log's own prompts of about 2 kB, or padded to it. */
function timeMatcher(
  finder: TaskFinder,
  calls: readonly Call[],
): { readonly medianUs: number; readonly p99Us: number } {
  const inputs = calls.slice(0, 20_000).map((call) => padTo2k(call));
  for (const input of inputs) finder.match(input);
  const times = inputs
    .map((input) => {
      const started = process.hrtime.bigint();
      finder.match(input);
      return Number(process.hrtime.bigint() - started) / 1000;
    })
    .sort((a, b) => a - b);
  return { medianUs: times[Math.floor(times.length / 2)] ?? 0, p99Us: times[Math.floor(times.length * 0.99)] ?? 0 };
}

function padTo2k(call: Call): Call {
  const messages = call.request.messages.map((message) => ({ ...message }));
  const length = messages.reduce(
    (sum, message) => sum + (typeof message.content === 'string' ? message.content.length : 0),
    0,
  );
  const last = messages.at(-1);
  if (length < 2000 && last !== undefined && typeof last.content === 'string') {
    const middle = Math.floor(last.content.length / 2);
    last.content = `${last.content.slice(0, middle)}${' and so on'.repeat(Math.ceil((2000 - length) / 10))}${last.content.slice(middle)}`;
  }
  // As it comes off the wire: a fresh object, nothing cached in its strings.
  return { ...call, request: JSON.parse(JSON.stringify({ ...call.request, messages })) as ChatRequest };
}

function describe(task: Task): string {
  const shape = task.shape;
  const what =
    shape.kind === 'label'
      ? `label/${shape.form.kind} ${shape.labels.length} labels, unseen ${shape.unseenShare.toFixed(4)}`
      : `${shape.kind}: ${whyNotLearnable(shape) ?? 'learnable'}`;
  return `  ${task.kind.padEnd(5)} ${task.tenant.padEnd(14)} ${task.name.padEnd(34)} ${task.versions.length} versions  ${what}`;
}

function print(title: string, run: Run, extra = ''): void {
  const { randIndex, chatTaken, unplaced, calls, taskCalls } = run.score;
  console.error(
    `${title}: ${calls} calls, index ${randIndex.toFixed(4)}, chat taken ${(100 * chatTaken).toFixed(2)} %, not placed ${unplaced} of ${taskCalls}, ${run.seconds.toFixed(1)} s user CPU, rss ${run.peakMb.toFixed(0)} MB ${extra}`,
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      log: { type: 'string' },
      scale: { type: 'string', default: '0.1,1,other' },
      seed: { type: 'string', default: '1' },
      growth: { type: 'string' },
      'growth-of': { type: 'string' },
      verbose: { type: 'boolean', default: false },
    },
  });
  if (values['growth-of'] !== undefined) {
    console.log(JSON.stringify(await measureGrowth(values['growth-of'])));
    return;
  }
  if (values.growth !== undefined) {
    save(
      'discovery-growth',
      values.growth.split(',').map((scale) => growthAt(scale, values.seed)),
      values.json,
    );
    return;
  }
  const results: unknown[] = [];
  const scales = values.log === undefined ? values.scale.split(',') : ['given'];
  for (const scale of scales) {
    const { calls, truth } =
      scale === 'other' ? otherLog(Number(values.seed)) : builtLog(values.log, scale, values.seed);
    const whole = await scoreWhole(calls, truth);
    print(`scale ${scale}, whole log`, whole);
    if (values.verbose) for (const task of whole.tasks) console.error(describe(task));
    const mixed = await scoreWhole(shuffled(calls, seededRandom(7)), truth);
    print(`scale ${scale}, shuffled`, mixed);
    const stream = scoreStream(calls, truth);
    print(
      `scale ${scale}, stream`,
      stream,
      `${stream.minings} minings; found after ${JSON.stringify(stream.foundAfter)}`,
    );
    const finder = new TaskFinder();
    for (const call of calls.slice(0, 20_000)) {
      finder.observe(call);
      if (finder.isMiningDue) finder.mine();
    }
    const matcher = timeMatcher(finder, calls);
    console.error(`matcher: median ${matcher.medianUs.toFixed(1)} µs, p99 ${matcher.p99Us.toFixed(1)} µs`);
    const plain = (run: Run): object => ({ ...run.score, seconds: run.seconds, rssMb: run.peakMb });
    results.push({
      scale,
      whole: plain(whole),
      shuffled: plain(mixed),
      stream: { ...plain(stream), foundAfter: stream.foundAfter, minings: stream.minings },
      matcher,
      tasks: whole.tasks.map((task) => ({
        name: task.name,
        tenant: task.tenant,
        kind: task.kind,
        shape: task.shape.kind,
        versions: task.versions.length,
      })),
    });
  }
  save('discovery', results, values.json);
}

function save(name: string, results: readonly unknown[], isPrinted: boolean): void {
  const machine = cpus()[0]?.model ?? 'unknown';
  const report = { at: new Date().toISOString(), machine, node: process.version, results };
  mkdirSync(join(root, 'bench', 'results'), { recursive: true });
  writeFileSync(join(root, 'bench', 'results', `${name}.json`), `${JSON.stringify(report, null, 2)}\n`);
  if (isPrinted) console.log(JSON.stringify(report));
}

interface Growth {
  readonly calls: number;
  readonly tasks: number;
  /** User CPU of two passes that only read and parse the log, and of finding and placing on top of them. */
  readonly readSeconds: number;
  readonly findSeconds: number;
  /** Largest resident set of the whole process. */
  readonly peakMb: number;
}

function growthAt(scale: string, seed: string): Growth {
  const folder = buildLog(scale, seed);
  const args = ['--import', 'tsx', import.meta.filename, '--growth-of', folder];
  const growth = JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })) as Growth;
  rmSync(folder, { recursive: true });
  console.error(
    `${growth.calls} calls: reading ${growth.readSeconds.toFixed(1)} s, finding ${growth.findSeconds.toFixed(1)} s user CPU, peak ${growth.peakMb.toFixed(0)} MB, ${growth.tasks} tasks and groups`,
  );
  return growth;
}

async function measureGrowth(folder: string): Promise<Growth> {
  const file = join(folder, 'calls.jsonl');
  const userSeconds = (): number => process.cpuUsage().user / 1e6;
  let started = userSeconds();
  let calls = 0;
  for (let pass = 0; pass < 2; pass++) for await (const call of readCalls(file)) calls += call.id === '' ? 0 : 0.5;
  const readSeconds = userSeconds() - started;
  started = userSeconds();
  const { tasks } = await findTasks(() => readCalls(file), { each: () => {} });
  const findSeconds = userSeconds() - started - readSeconds;
  return { calls, tasks: tasks.length, readSeconds, findSeconds, peakMb: process.resourceUsage().maxRSS / 1024 };
}

async function* readCalls(file: string): AsyncIterable<Call> {
  for await (const line of createInterface({ input: createReadStream(file) }))
    if (line !== '') yield toCall(JSON.parse(line) as LogLine);
}

interface ScoredLog {
  readonly calls: readonly Call[];
  readonly truth: ReadonlyMap<string, string | null>;
}

function builtLog(log: string | undefined, scale: string, seed: string): ScoredLog {
  const folder = log ?? buildLog(scale, seed);
  const calls = readLines<LogLine>(join(folder, 'calls.jsonl')).map(toCall);
  const truth = new Map(readLines<Truth>(join(folder, 'truth.jsonl')).map((row) => [row.id, row.task]));
  if (log === undefined) rmSync(folder, { recursive: true });
  return { calls, truth };
}

function otherLog(seed: number): ScoredLog {
  const built = buildOtherLog(shared, seed);
  if ('missing' in built) {
    console.error(`No ${built.missing}: set SHARED_DIR to the folder that holds data/.`);
    process.exit(1);
  }
  return { calls: built.map(({ call }) => call), truth: new Map(built.map(({ call, truth }) => [call.id, truth])) };
}

function buildLog(scale: string, seed: string): string {
  const builder = join(shared, 'traffic', 'build.mjs');
  if (!existsSync(builder)) {
    console.error(`No ${builder}: set SHARED_DIR to the folder that holds traffic/build.mjs, or give --log DIR.`);
    process.exit(1);
  }
  const folder = mkdtempSync(join(tmpdir(), 'discovery-'));
  execFileSync(process.execPath, [builder, folder, '--scale', scale, '--seed', seed], { stdio: 'ignore' });
  return folder;
}

await main();
