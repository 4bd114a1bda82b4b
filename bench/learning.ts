// Learning time, memory, prediction time, file size and accuracy, beside scikit-learn and fastText on the same rows.
// usage: npx tsx bench/learning.ts [--json] [--sizes 300,1000,3000] [--set banking77] [--write-reference]
// Peers need python3 (or $PYTHON) with scikit-learn and fasttext; data: SHARED_DIR (default ../shared).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readStudent } from '../src/learn/student.ts';
import { trainStudent } from '../src/learn/train-student.ts';
import { type LabelledRows, readSet, sources } from './learning-rows.ts';

interface Figures {
  readonly peer: string;
  readonly accuracy: number;
  readonly featureSeconds: number;
  readonly fitSeconds: number;
  readonly predictionMicroseconds: number;
  readonly fileBytes: number;
  readonly peakMegabytes: number;
}

interface Comparison {
  readonly set: string;
  readonly rows: number;
  readonly accuracy: number;
  readonly scikitLearn: number | null;
}

type Reference = Record<string, Record<string, number>>;

const here = import.meta.dirname;
const python = process.env.PYTHON ?? 'python3';
const referenceFile = join(here, 'reference', 'logistic-regression.json');
const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    sizes: { type: 'string', default: '100,300,1000,3000' },
    set: { type: 'string', default: 'banking77' },
    'write-reference': { type: 'boolean', default: false },
    one: { type: 'string' },
    head: { type: 'string', default: 'linear' },
  },
});

if (options['write-reference']) writeReference();
else if (options.one === undefined) main();
else process.stdout.write(JSON.stringify(measureHere(options.one, options.head === 'mlp' ? 'mlp' : 'linear')));

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-learning-'));
  try {
    const whole = readSet(options.set);
    const speed = whole === null ? [] : compareSpeed(whole, join(folder, 'job.json'));
    if (whole === null) say(`The data of ${options.set} is not there: set SHARED_DIR.`);
    const accuracy = compareAccuracy(options.sizes.split(',').map(Number), readReference());
    const result = {
      date: new Date().toISOString().slice(0, 10),
      machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`,
      set: options.set,
      trainingRows: whole?.train.length ?? 0,
      speed,
      accuracy,
    };
    mkdirSync(join(here, 'results'), { recursive: true });
    writeFileSync(join(here, 'results', 'learning.json'), `${JSON.stringify(result, null, 2)}\n`);
    if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else print(result.trainingRows, speed, accuracy);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every learner in a process of its own, so that memory and CPU time are its own. */
function compareSpeed(rows: LabelledRows, job: string): Figures[] {
  writeFileSync(job, JSON.stringify(rows));
  const ours = ['linear', 'mlp'].map((head) => {
    say(`rightsize ${head} …`);
    const script = join(here, 'learning.ts');
    return run(process.execPath, [...process.execArgv, script, '--one', job, '--head', head]);
  });
  const peers = ['logistic', 'fasttext'].map((kind) => {
    say(`${kind} …`);
    return run(python, [join(here, 'reference', 'peers.py'), kind, job]);
  });
  return [...ours, ...peers].filter((figures) => figures !== null);
}

function run(command: string, parts: readonly string[]): Figures | null {
  const { status, stdout, stderr } = spawnSync(command, parts, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status === 0) return JSON.parse(stdout) as Figures;
  const why = stderr?.trim().split('\n').at(-1) ?? 'it did not start';
  say(`left out: ${command} ${parts[0] === undefined ? '' : parts.at(-2)}: ${why}`);
  return null;
}

function measureHere(job: string, head: 'linear' | 'mlp'): Figures {
  const { train, test } = JSON.parse(readFileSync(job, 'utf8')) as LabelledRows;
  const rows = train.map(([text, label]) => ({ slots: [text], label }));
  const started = process.cpuUsage();
  const trained = trainStudent(rows, { seed: 1, head });
  const cpu = process.cpuUsage(started);
  const { seconds } = trained.report;
  const wall = Object.values(seconds).reduce((sum, part) => sum + part, 0);
  // The report's seconds are of the wall clock; on a busy machine the share of CPU time is the fairer figure.
  const busy = (cpu.user + cpu.system) / 1e6 / wall;
  const student = readStudent(trained.student.toBytes());
  for (const [text] of test) student.predict([text]);
  const before = process.cpuUsage();
  const right = test.filter(([text, label]) => student.predict([text]).label === label).length;
  const predicting = process.cpuUsage(before);
  return {
    peer: head === 'linear' ? 'rightsize linear' : 'rightsize MLP, with its folds and scores',
    accuracy: right / test.length,
    featureSeconds: seconds.features * busy,
    fitSeconds: head === 'linear' ? seconds.linear * busy : (wall - seconds.features) * busy,
    predictionMicroseconds: (predicting.user + predicting.system) / test.length,
    fileBytes: trained.report.bytes,
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
  };
}

function compareAccuracy(sizes: readonly number[], reference: Reference): Comparison[] {
  return Object.keys(sources).flatMap((set) => {
    const rows = readSet(set);
    if (rows === null) return [];
    return sizes
      .filter((size) => size <= rows.train.length)
      .map((size) => {
        say(`${set}, ${size} rows …`);
        const training = rows.train.slice(0, size).map(([text, label]) => ({ slots: [text], label }));
        const { student } = trainStudent(training, { seed: 1, head: 'linear' });
        const right = rows.test.filter(([text, label]) => student.predict([text]).label === label).length;
        return {
          set,
          rows: size,
          accuracy: right / rows.test.length,
          scikitLearn: reference[set]?.[String(size)] ?? null,
        };
      });
  });
}

function readReference(): Reference {
  if (!existsSync(referenceFile)) return {};
  return (JSON.parse(readFileSync(referenceFile, 'utf8')) as { accuracy: Reference }).accuracy;
}

/** Measures scikit-learn on every set and size, and checks the figures in. Writes after each set, and keeps the sets that are there. */
function writeReference(): void {
  const sizes = options.sizes.split(',').map(Number);
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-learning-'));
  const accuracy: Reference = readReference();
  for (const set of Object.keys(sources).filter((name) => accuracy[name] === undefined)) {
    const rows = readSet(set);
    if (rows === null) throw new Error(`the data of ${set} is not there: set SHARED_DIR`);
    let peer = '';
    for (const size of sizes.filter((wanted) => wanted <= rows.train.length)) {
      say(`scikit-learn: ${set}, ${size} rows …`);
      const job = join(folder, 'reference.json');
      writeFileSync(job, JSON.stringify({ train: rows.train.slice(0, size), test: rows.test }));
      const figures = run(python, [join(here, 'reference', 'peers.py'), 'logistic', job]);
      if (figures === null) throw new Error(`${python} with scikit-learn is needed to write the reference`);
      peer = figures.peer;
      accuracy[set] = { ...accuracy[set], [size]: Number(figures.accuracy.toFixed(4)) };
    }
    const producedBy = `bench/learning.ts --write-reference --sizes ${options.sizes} (bench/reference/peers.py)`;
    writeFileSync(referenceFile, `${JSON.stringify({ producedBy, peer, accuracy }, null, 2)}\n`);
  }
  rmSync(folder, { recursive: true, force: true });
}

function print(trainingRows: number, speed: readonly Figures[], accuracy: readonly Comparison[]): void {
  const base = speed.find((figures) => figures.peer.startsWith('scikit'));
  console.log(
    `${options.set}, ${trainingRows} rows; CPU seconds${base ? ', in brackets as a share of scikit-learn' : ''}`,
  );
  for (const row of speed) {
    const learning = row.featureSeconds + row.fitSeconds;
    const share = (mine: number, its: (figures: Figures) => number): string =>
      base === undefined ? '' : ` (${(mine / its(base)).toFixed(2)})`;
    console.log(
      [
        row.peer.padEnd(42),
        `learn ${learning.toFixed(2)} s${share(learning, (peer) => peer.featureSeconds + peer.fitSeconds)}`,
        `predict ${row.predictionMicroseconds.toFixed(0)} µs${share(row.predictionMicroseconds, (peer) => peer.predictionMicroseconds)}`,
        `file ${(row.fileBytes / 1e6).toFixed(1)} MB${share(row.fileBytes, (peer) => peer.fileBytes)}`,
        `memory ${row.peakMegabytes.toFixed(0)} MB${share(row.peakMegabytes, (peer) => peer.peakMegabytes)}`,
        `accuracy ${percent(row.accuracy)}`,
      ].join('  '),
    );
  }
  console.log('\nAccuracy of the linear head; scikit-learn: logistic regression on the same features');
  for (const { set, rows, accuracy: ours, scikitLearn } of accuracy)
    console.log(
      `${set.padEnd(18)}${String(rows).padStart(6)}  ${percent(ours)}  ${scikitLearn === null ? '' : `scikit-learn ${percent(scikitLearn)}  ${(100 * (ours - scikitLearn)).toFixed(1)}`}`,
    );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
