import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ScoredOutcome } from '../../src/certify/choose-threshold.ts';
import { trainStudent } from '../../src/learn/train-student.ts';
import { type Random, seededRandom, shuffled } from '../../src/records/random.ts';

/** A text and the answer of its teacher (an LLM where `origin` says so, else the set's gold in its place). */
export interface LabelledText {
  readonly text: string;
  readonly label: string;
}

/** A call that no student trained on, with what a real student says to it. */
export interface PoolRow extends ScoredOutcome {
  readonly text: string;
  readonly label: string;
}

/** All there is to draw from: its shares are the truth that a certificate is about. */
export interface Pool<Row extends ScoredOutcome = PoolRow> {
  readonly name: string;
  readonly rows: readonly Row[];
  /** Share of all calls answered at a threshold, and share answered and different. */
  coverage(threshold: number): number;
  risk(threshold: number): number;
  /** The most that can be answered with a risk of at most epsilon. */
  bestCoverage(epsilon: number): number;
}

interface RawRow {
  readonly text: string;
  readonly gold: string;
  readonly llm?: Readonly<Record<string, string>>;
}

interface Source {
  readonly files: readonly string[];
  readonly label: (row: RawRow) => string | undefined;
  readonly trainingRows: number;
}

const dataFolder = join(process.env.SHARED_DIR ?? join(import.meta.dirname, '..', '..', '..', 'shared'), 'data');
const gold = (row: RawRow) => row.gold;
const llm = (model: string) => (row: RawRow) => {
  const answer = row.llm?.[model];
  return answer === 'OUT_OF_VOCABULARY' ? undefined : answer;
};

/** The last two carry real answers of an LLM; in the others the set's gold plays the teacher. */
export const sources: Readonly<Record<string, Source>> = {
  sms: { files: ['sms-spam/all.jsonl'], label: gold, trainingRows: 1000 },
  headlines: { files: ['headlines/train.jsonl', 'headlines/test.jsonl'], label: gold, trainingRows: 3000 },
  agnews: { files: ['agnews/test.jsonl.gz'], label: gold, trainingRows: 3000 },
  banking77: { files: ['banking77/train.jsonl.gz', 'banking77/test.jsonl'], label: gold, trainingRows: 3000 },
  clinc150: { files: ['clinc150/val.jsonl', 'clinc150/test.jsonl'], label: gold, trainingRows: 3000 },
  'banking77 (GPT-4)': { files: ['banking77/test.jsonl'], label: llm('gpt-4'), trainingRows: 1500 },
  'isear (GPT-3.5)': { files: ['isear/stream.jsonl.gz'], label: llm('gpt-3.5-turbo-1106'), trainingRows: 3000 },
};

export function readTexts(name: string): readonly LabelledText[] {
  const source = sources[name];
  if (source === undefined) throw new Error(`no set is called ${name}; there are ${Object.keys(sources).join(', ')}`);
  return source.files.flatMap(readRows).flatMap((row) => {
    const label = source.label(row);
    return label === undefined ? [] : [{ text: row.text, label }];
  });
}

function readRows(file: string): readonly RawRow[] {
  const bytes = readFileSync(join(dataFolder, file));
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): RawRow => JSON.parse(line));
}

/** A student trained on part of a set, and its say on all the rest. */
export function studentPool(name: string, seed: number): Pool & { readonly training: readonly PoolRow[] } {
  const texts = shuffled(readTexts(name), seededRandom(seed));
  const trainingRows = sources[name]?.trainingRows ?? 1000;
  const training = texts.slice(0, trainingRows);
  const student = learn(training, seed);
  return { ...poolOf(name, texts.slice(trainingRows).map(student)), training: training.map(student) };
}

/** Trains on texts; the answer says what the student makes of another. */
export function learn(texts: readonly LabelledText[], seed: number): (row: LabelledText) => PoolRow {
  const rows = texts.map(({ text, label }) => ({ slots: [text], label }));
  const { student } = trainStudent(rows, { seed, head: 'linear' });
  return ({ text, label }) => {
    const prediction = student.predict([text]);
    return { text, label, score: prediction.score, different: prediction.label !== label };
  };
}

export function poolOf<Row extends ScoredOutcome>(name: string, rows: readonly Row[]): Pool<Row> {
  const sorted = [...rows].sort((left, right) => right.score - left.score);
  const errorsUpTo = [0];
  for (const { different } of sorted) errorsUpTo.push((errorsUpTo.at(-1) ?? 0) + (different ? 1 : 0));
  const answered = (threshold: number) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle]?.score ?? 0) >= threshold) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    name,
    rows,
    coverage: (threshold) => answered(threshold) / rows.length,
    risk: (threshold) => (errorsUpTo[answered(threshold)] ?? 0) / rows.length,
    bestCoverage: (epsilon) => errorsUpTo.findLastIndex((errors) => errors <= epsilon * rows.length) / rows.length,
  };
}

/** Draws with replacement, so that the pool's own shares are the truth. */
export function draw<Row>(rows: readonly Row[], n: number, random: Random): Row[] {
  return Array.from({ length: n }, () => rows[Math.floor(random() * rows.length)] as Row);
}
