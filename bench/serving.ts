// How fast students answer, what they cost in memory, and how soon one that was put away is back.
// usage: npx tsx bench/serving.ts [--json] [--only labels,fields,encoder,shelf]
// Data and encoder: SHARED_DIR (default ../shared). Each part runs in a process of its own; CPU time counts, since machines are shared.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEncoderFolder } from '../src/encoder/open-encoder-folder.ts';
import { StudentShelf } from '../src/gateway/student-shelf.ts';
import { readStudent, type Student, type TrainingRow } from '../src/learn/student.ts';
import { parseStudentFile, writeStudentFile } from '../src/learn/student-file.ts';
import { trainStudent } from '../src/learn/train-student.ts';
import { canonicalJson } from '../src/records/shapes/canonical-json.ts';
import { openStore } from '../src/storage/open-store.ts';
import { trainNow } from '../src/train/train-now.ts';
import { readSet } from './learning-rows.ts';
import { readPublicRows, sharedFolder } from './public-rows.ts';

interface Speed {
  readonly what: string;
  readonly inputs: number;
  /** Microseconds an answer: wall time of single answers, and CPU time of all by their number. */
  readonly medianUs: number;
  readonly p99Us: number;
  readonly cpuUs: number;
  readonly studentBytes: number;
}

interface ShelfFigures {
  readonly what: string;
  readonly students: number;
  readonly studentBytes: number;
  readonly budgetMb: number;
  readonly openStudents: number;
  /** Of the process at its largest. */
  readonly peakMb: number;
  /** Reading from the store and opening, one after the other. */
  readonly fetchMs: { readonly median: number; readonly p99: number; readonly cpu: number };
  readonly firstOpenCpuMs: number;
}

type Figures = Speed | ShelfFigures | { readonly what: string; readonly missing: string };

const parts: Readonly<Record<string, (which: string) => Figures | Promise<Figures>>> = {
  labels: labelSpeed,
  fields: fieldsSpeed,
  encoder: encoderSpeed,
  shelf: shelfFigures,
  ask: askShelf,
};
const jobs = [
  'labels banking77 linear',
  'labels banking77 mlp',
  'labels clinc150 linear',
  'fields restaurant8k',
  'fields snips',
  'encoder minilm-l6-int8',
  'shelf linear',
  'shelf mlp',
];
/** Rows that teach a student of several fields here: its speed hardly depends on them. */
const fieldsRows = 2_000;
const shelved = 100;
const budgetMb = 1_000;
const resultFile = join(import.meta.dirname, 'results', 'serving.json');
const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: 'labels,fields,encoder,shelf' },
    one: { type: 'string' },
  },
});

if (options.one !== undefined) process.stdout.write(JSON.stringify(await runHere(options.one)));
else main();

function main(): void {
  const wanted = options.only.split(',');
  const fresh = jobs.filter((job) => wanted.includes(job.split(' ')[0] ?? '')).map(runApart);
  // A part measured alone leaves the figures of the others as they were.
  const figures = [...earlierFigures().filter((old) => !fresh.some(({ what }) => what === old.what)), ...fresh];
  const result = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`,
    load: loadavg()[0],
    figures,
  };
  mkdirSync(join(import.meta.dirname, 'results'), { recursive: true });
  writeFileSync(resultFile, `${JSON.stringify(result, null, 2)}\n`);
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else for (const line of figures) console.log(JSON.stringify(line));
}

function earlierFigures(): readonly Figures[] {
  if (!existsSync(resultFile)) return [];
  return (JSON.parse(readFileSync(resultFile, 'utf8')) as { figures: readonly Figures[] }).figures;
}

function runApart(job: string): Figures {
  process.stderr.write(`${job} …\n`);
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [...process.execArgv, join(import.meta.dirname, 'serving.ts'), '--one', job],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  if (status !== 0) throw new Error(`${job} failed: ${stderr}`);
  return JSON.parse(stdout) as Figures;
}

async function runHere(job: string): Promise<Figures> {
  const [part = '', ...which] = job.split(' ');
  return (await parts[part]?.(which.join(' '))) ?? { what: job, missing: 'no such part' };
}

function labelSpeed(which: string): Figures {
  const [set = '', head] = which.split(' ');
  const rows = readSet(set);
  if (rows === null) return { what: which, missing: `the data of ${set}` };
  const training = rows.train.map(([text, label]) => ({ slots: [text], label }));
  const { student } = trainStudent(training, { seed: 1, head: head === 'mlp' ? 'mlp' : 'linear', folds: 2 });
  return speedOf(
    `labels: ${which}`,
    student,
    rows.test.map(([text]) => text),
  );
}

function fieldsSpeed(which: string): Figures {
  const training = readPublicRows(`${which}/train.jsonl.gz`);
  const test = readPublicRows(`${which}/test.jsonl`);
  if (training === null || test === null) return { what: which, missing: `the data of ${which}` };
  const { student } = trainNow({
    kind: 'fields',
    rows: training.slice(0, fieldsRows).flatMap(fieldsRow),
    seed: 1,
    head: 'linear',
  });
  // Twenty tokens each: the texts of the set, one after the other.
  const words = test.flatMap(({ text }) => text.split(/\s+/));
  const texts = Array.from({ length: 1_000 }, (_, at) =>
    words
      .slice((at * 20) % (words.length - 20))
      .slice(0, 20)
      .join(' '),
  );
  return speedOf(`fields: ${which}, 20 tokens`, student, texts);
}

/** An answer as JSON: the fields that say something (restaurant8k), or intent and the texts of its slots (snips). */
function fieldsRow(row: object): TrainingRow[] {
  const { text, gold, slots } = row as {
    readonly text: string;
    readonly gold: string | Readonly<Record<string, string | null>>;
    readonly slots?: Readonly<Record<string, readonly string[]>>;
  };
  const answer =
    typeof gold === 'string'
      ? {
          tool: gold,
          arguments: Object.fromEntries(Object.entries(slots ?? {}).map(([key, [value]]) => [key, value ?? ''])),
        }
      : Object.fromEntries(Object.entries(gold).filter(([, value]) => value !== null));
  return [{ slots: [text], label: canonicalJson(answer) }];
}

async function encoderSpeed(which: string): Promise<Figures> {
  const folder = join(sharedFolder, 'models', which);
  const set = readSet('banking77');
  if (!existsSync(folder) || set === null) return { what: which, missing: folder };
  const encoder = await openEncoderFolder(folder, 0);
  const words = set.test.flatMap(([text]) => text.split(/\s+/));
  // Some 30 tokens: English has about 1.15 of them a word.
  const texts = Array.from({ length: 400 }, (_, at) => words.slice(at * 26, at * 26 + 26).join(' '));
  for (const text of texts.slice(0, 50)) await encoder.encode([text]);
  const times: number[] = [];
  const before = process.cpuUsage();
  for (const text of texts.slice(50)) {
    const startedAt = performance.now();
    await encoder.encode([text]);
    times.push((performance.now() - startedAt) * 1000);
  }
  const cpu = process.cpuUsage(before);
  await encoder.close();
  return {
    ...quantiles(`encoder: ${which}, 30 tokens`, times),
    cpuUs: (cpu.user + cpu.system) / times.length,
    studentBytes: 0,
  };
}

function speedOf(what: string, student: Student, texts: readonly string[]): Speed {
  for (const text of texts.slice(0, 500)) student.predict([text]);
  const times: number[] = [];
  const before = process.cpuUsage();
  for (const text of texts) {
    const startedAt = performance.now();
    student.predict([text]);
    times.push((performance.now() - startedAt) * 1000);
  }
  const cpu = process.cpuUsage(before);
  return {
    ...quantiles(what, times),
    cpuUs: (cpu.user + cpu.system) / times.length,
    studentBytes: student.toBytes().length,
  };
}

function quantiles(what: string, times: number[]): Pick<Speed, 'what' | 'inputs' | 'medianUs' | 'p99Us'> {
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(share * (times.length - 1))] as number;
  return { what, inputs: times.length, medianUs: at(0.5), p99Us: at(0.99) };
}

async function shelfFigures(head: string): Promise<Figures> {
  const rows = readSet('banking77');
  if (rows === null) return { what: 'shelf', missing: 'the data of banking77' };
  const folder = mkdtempSync(join(tmpdir(), 'shelf-'));
  try {
    const training = rows.train.map(([text, label]) => ({ slots: [text], label }));
    const { student } = trainStudent(training, { seed: 1, head: head === 'mlp' ? 'mlp' : 'linear', folds: 2 });
    await storeCopies(folder, student.toBytes());
    // Training takes memory of its own: the shelf is asked in another process.
    return {
      ...(runApart(`ask ${folder}`) as ShelfFigures),
      what: `shelf: ${head}`,
      studentBytes: student.toBytes().length,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Students that differ in their ids alone. */
async function storeCopies(folder: string, bytes: Uint8Array): Promise<void> {
  const store = await openStore(folder);
  const contents = parseStudentFile(bytes);
  for (let seed = 0; seed < shelved; seed++) {
    const { manifest } = contents;
    const copy = writeStudentFile({ ...contents, manifest: { ...manifest, trained: { ...manifest.trained, seed } } });
    const { id } = readStudent(copy, { isVerified: true });
    await store.students.put({ id, task: `task${seed}`, version: 'v', createdAt: seed, details: {}, bytes: copy });
  }
  await store.close();
}

/** Loads all students as a server does at its start, then asks them in turn, so that each must be fetched. */
async function askShelf(folder: string): Promise<Figures> {
  const store = await openStore(folder, { readOnly: true });
  const shelf = new StudentShelf({
    budgetBytes: budgetMb * 1e6,
    read: async (id) => (await store.students.get(id))?.bytes ?? null,
  });
  const students = [];
  const before = process.cpuUsage();
  for (const { id } of await store.students.list()) {
    students.push(shelf.add(readStudent((await store.students.get(id))?.bytes ?? new Uint8Array())));
    shelf.stored(id);
  }
  const opened = process.cpuUsage(before);
  const { openStudents } = shelf;
  // Where all fit, one that has room for a single student shows what fetching takes.
  const small = new StudentShelf({ budgetBytes: 1, read: async (id) => (await store.students.get(id))?.bytes ?? null });
  const asked = openStudents < shelved ? students : students.map((student) => small.add(student));
  for (const { id } of students) small.stored(id);
  const times: number[] = [];
  const startedAt = process.cpuUsage();
  for (let round = 0; round < 2; round++)
    for (const student of asked) {
      if (student.isAtHand) continue;
      const from = performance.now();
      await student.fetch();
      student.predict(['When will my card arrive?']);
      times.push((performance.now() - from) * 1000);
    }
  const fetched = process.cpuUsage(startedAt);
  await store.close();
  const { medianUs, p99Us } = quantiles('', times);
  return {
    what: '',
    students: students.length,
    studentBytes: 0,
    budgetMb,
    openStudents,
    peakMb: process.resourceUsage().maxRSS / 1000,
    fetchMs: { median: medianUs / 1000, p99: p99Us / 1000, cpu: (fetched.user + fetched.system) / 1000 / times.length },
    firstOpenCpuMs: (opened.user + opened.system) / 1000 / students.length,
  };
}
