// A month of mixed traffic, replayed: calls avoided, disagreement, teacher's and given accuracy, one row a task.
// usage: npm run build && npx tsx bench/replay.ts [--seeds 5] [--epsilons 0.02,0.05] [--encoder] [--out replay] [--json]
//   --encoder  with $SHARED_DIR/models/minilm-l6-int8, whose vectors are kept from run to run
// Every figure but the times comes from check-assignments.mjs, which shares no code with the program.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ReplayReport } from '../src/gateway/replay-report.ts';
import { type EncoderReplays, openEncoderReplays } from './replay-with-encoder.ts';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '5' },
    epsilons: { type: 'string', default: '0.02,0.05' },
    traffic: { type: 'string' },
    encoder: { type: 'boolean', default: false },
    out: { type: 'string', default: 'replay' },
    json: { type: 'boolean', default: false },
  },
});

interface CheckedTask {
  readonly name: string;
  readonly calls: number;
  readonly avoidedShare: number;
  readonly agreementShare: number;
  readonly accuracy: { readonly given: number; readonly teacher: number } | null;
  readonly certificates: readonly { readonly broken: boolean; readonly calls: number; readonly different: number }[];
}

interface Run {
  readonly epsilon: number;
  readonly seed: number;
  readonly seconds: number;
  readonly avoidedShare: number;
  readonly costUsd: ReplayReport['costUsd'];
  readonly tasks: readonly CheckedTask[];
  /** Figures on which the program and the script disagree. */
  readonly problems: readonly unknown[];
}

const here = import.meta.dirname;
const shared = process.env.SHARED_DIR ?? join(here, '..', '..', 'shared');
const traffic = options.traffic ?? buildTraffic();
const scratch = join(here, '.cache');
/** Tasks whose recorded answers are a real LLM's; the others carry a public set's gold, written as an LLM would. */
const realAnswers = readRealAnswers();

function buildTraffic(): string {
  const folder = join(here, '.cache', 'traffic');
  const script = join(shared, 'traffic', 'build.mjs');
  if (!existsSync(script))
    throw new Error(`${script} is missing: this benchmark reads traffic beside the project (SHARED_DIR)`);
  if (!existsSync(join(folder, 'calls.jsonl'))) {
    mkdirSync(folder, { recursive: true });
    execFileSync(process.execPath, [script, folder], { stdio: 'ignore' });
  }
  return folder;
}

/** Told apart by the truth alone: where the recorded answers and the set's own differ, a model made them. */
function readRealAnswers(): ReadonlySet<string> {
  return new Set((process.env.REAL_TASKS ?? 'bank-intent,diary-emotion').split(','));
}

async function runOnce(epsilon: number, seed: number, withEncoder: EncoderReplays | null): Promise<Run> {
  const assignments = join(scratch, `assignments-${epsilon}-${seed}.jsonl`);
  const replayFile = join(scratch, `replay-${epsilon}-${seed}.json`);
  const log = join(traffic, 'calls.jsonl');
  const question = { log, epsilon, seed, assignments };
  const report = (await withEncoder?.run(question)) ?? runCommand(question);
  writeFileSync(replayFile, JSON.stringify(report));
  const checked = check({ log, assignments, replayFile, epsilon });
  return {
    epsilon,
    seed,
    seconds: report.seconds,
    avoidedShare: report.avoidedShare,
    costUsd: report.costUsd,
    ...checked,
  };
}

function runCommand({ log, epsilon, seed, assignments }: Parameters<EncoderReplays['run']>[0]): ReplayReport {
  const main = join(here, '..', 'dist', 'cli', 'main.js');
  const figures = ['--epsilon', String(epsilon), '--seed', String(seed)];
  const output = execFileSync(
    process.execPath,
    [main, 'replay', log, '--json', '--no-encoder', ...figures, '--assignments', assignments],
    { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return JSON.parse(output.toString('utf8')) as ReplayReport;
}

function check({
  log,
  assignments,
  replayFile,
  epsilon,
}: {
  readonly log: string;
  readonly assignments: string;
  readonly replayFile: string;
  readonly epsilon: number;
}): Pick<Run, 'tasks' | 'problems'> {
  const script = join(here, 'check-assignments.mjs');
  const parameters = [
    script,
    '--log',
    log,
    '--assignments',
    assignments,
    '--replay',
    replayFile,
    '--truth',
    join(traffic, 'truth.jsonl'),
    '--epsilon',
    String(epsilon),
    '--json',
  ];
  let output: string;
  try {
    output = execFileSync(process.execPath, parameters, { encoding: 'utf8', maxBuffer: 1 << 28 });
  } catch (error) {
    output = (error as { readonly stdout: string }).stdout;
  }
  return JSON.parse(output) as Pick<Run, 'tasks' | 'problems'>;
}

mkdirSync(scratch, { recursive: true });
const encoderReplays = options.encoder ? await openEncoderReplays(join(shared, 'models', 'minilm-l6-int8')) : null;
const runs: Run[] = [];
for (const epsilon of options.epsilons.split(',').map(Number)) {
  for (let seed = 1; seed <= Number(options.seeds); seed++) {
    const run = await runOnce(epsilon, seed, encoderReplays);
    runs.push(run);
    console.error(
      `epsilon ${epsilon} seed ${seed}: ${percent(run.avoidedShare)} of all calls avoided, ${run.seconds.toFixed(0)} s, ${run.problems.length} figures disputed`,
    );
  }
}
await encoderReplays?.close();
const document = {
  at: new Date().toISOString(),
  machine: `${cpus().length} cores, ${cpus()[0]?.model}`,
  node: process.version,
  runs,
};
mkdirSync(join(here, 'results'), { recursive: true });
writeFileSync(join(here, 'results', `${options.out}.json`), `${JSON.stringify(document, null, 1)}\n`);
if (options.json) console.log(JSON.stringify(document));
else for (const epsilon of new Set(runs.map((run) => run.epsilon))) printTable(epsilon);

function printTable(epsilon: number): void {
  const these = runs.filter((run) => run.epsilon === epsilon);
  const names = [...new Set(these.flatMap((run) => run.tasks.map((task) => task.name)))];
  console.log(`\nepsilon ${epsilon}, ${these.length} seeds: mean (least to most)`);
  const rows = names.map((name) => ({
    name,
    tasks: these.flatMap((run) => run.tasks.filter((task) => task.name === name)),
  }));
  for (const { name, tasks } of rows.sort(
    (a, b) => Number(realAnswers.has(a.name)) - Number(realAnswers.has(b.name)),
  )) {
    if (tasks.every((task) => task.certificates.length === 0)) continue;
    const certificates = tasks.flatMap((task) => task.certificates);
    console.log(
      `${name.padEnd(28)} avoided ${spread(tasks.map((task) => task.avoidedShare))}  disagreement ${spread(tasks.map((task) => 1 - task.agreementShare))}` +
        `  given ${spread(tasks.flatMap((task) => task.accuracy?.given ?? []))} teacher ${spread(tasks.flatMap((task) => task.accuracy?.teacher ?? []))}` +
        `  certificates ${certificates.length}, broken ${certificates.filter((certificate) => certificate.broken).length}`,
    );
  }
}

function spread(values: readonly number[]): string {
  if (values.length === 0) return '–';
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return `${percent(mean)} (${percent(Math.min(...values))}–${percent(Math.max(...values))})`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}
