// How good students of one label are beyond coverage: whole sets, strangers, noisy teachers. Without an encoder and with one.
// usage: npx tsx bench/label-quality.ts [--parts whole,few,strangers,noise] [--seeds 3]
// Data: SHARED_DIR; vectors: bench/.cache/vectors (bench/quality/fill-vectors.ts makes them).
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEncoderFolder } from '../src/encoder/open-encoder-folder.ts';
import { likelyErrors } from '../src/learn/likely-errors.ts';
import type { TrainingRow } from '../src/learn/student-contract.ts';
import { trainStudent } from '../src/learn/train-student.ts';
import { seededRandom, shuffled } from '../src/records/random.ts';
import { readPublicRows, sharedFolder } from './public-rows.ts';
import { type LabelTask, readTask, setOf, splitRows, tenTasks } from './quality/label-tasks.ts';
import { writeResult } from './quality/result-file.ts';
import { spreadOf } from './quality/statistics.ts';
import { gibberish, strangerTexts } from './quality/stranger-texts.ts';
import { benchEncoder, cachedVectors, type Vectors } from './quality/vector-cache.ts';

const { values: options } = parseArgs({
  options: {
    parts: { type: 'string', default: 'whole,few,strangers,noise' },
    seeds: { type: 'string', default: '3' },
  },
});
const seeds = Array.from({ length: Number(options.seeds) }, (_, at) => at + 1);

interface Text {
  readonly text: string;
  readonly label: string;
}

const parts: Readonly<Record<string, () => Promise<object>>> = { whole, few, strangers, noise };
const result: Record<string, object> = {};
for (const part of options.parts.split(',')) {
  result[part] = (await parts[part]?.()) ?? {};
  console.log(part, JSON.stringify(result[part], null, 1));
  writeResult('labels', result);
}

function learn(rows: readonly Text[], vectors: Vectors | null, seed: number) {
  const taught: TrainingRow[] = rows.map(({ text, label }) => {
    const vector = vectors?.get(text);
    return vector === undefined ? { slots: [text], label } : { slots: [text], label, vector };
  });
  const trained = trainStudent(taught, { seed, head: 'linear', encoder: vectors === null ? null : benchEncoder });
  const ask = (text: string) => trained.student.predict([text], vectors?.get(text) ?? null);
  return { ...trained, ask };
}

function accuracyOf(rows: readonly Text[], ask: (text: string) => { readonly label: string }): number {
  return rows.filter(({ text, label }) => ask(text).label === label).length / rows.length;
}

/** Probability that a row of the first kind scores higher than one of the second; ties count half. */
function areaUnderCurve(higher: readonly number[], lower: readonly number[]): number {
  const sorted = [...lower].sort((a, b) => a - b);
  const below = (score: number, withTies: boolean): number => {
    let [from, to] = [0, sorted.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      const value = sorted[middle] as number;
      if (value < score || (withTies && value === score)) from = middle + 1;
      else to = middle;
    }
    return from;
  };
  const wins = higher.reduce((sum, score) => sum + (below(score, false) + below(score, true)) / 2, 0);
  return wins / (higher.length * lower.length);
}

function rowsOf(file: string): readonly Text[] {
  return (readPublicRows(file) ?? []).map(({ text, gold }) => ({ text, label: gold }));
}

/** Accuracy from the full training sets, and how CLINC150's strangers are ranked. */
async function whole(): Promise<object> {
  const banking = cachedVectors('banking77');
  const clinc = cachedVectors('clinc150');
  const figures = [null, 'encoder'].map((kind) => {
    const [bankingVectors, clincVectors] = kind === null ? [null, null] : [banking, clinc];
    const runs = seeds.map((seed) => {
      const first = learn(rowsOf('banking77/train.jsonl.gz'), bankingVectors, seed);
      const inScope = ({ label }: Text): boolean => label !== 'oos';
      const second = learn(rowsOf('clinc150/train.jsonl.gz').filter(inScope), clincVectors, seed);
      const test = rowsOf('clinc150/test.jsonl');
      const score = ({ text }: Text): number => second.ask(text).score;
      return {
        banking77: accuracyOf(rowsOf('banking77/test.jsonl'), first.ask),
        clinc150: accuracyOf(test.filter(inScope), second.ask),
        strangers: areaUnderCurve(test.filter(inScope).map(score), test.filter((row) => !inScope(row)).map(score)),
        bytes: second.report.bytes,
      };
    });
    return {
      encoder: kind !== null,
      banking77: spreadOf(runs.map((run) => run.banking77)),
      clinc150: spreadOf(runs.map((run) => run.clinc150)),
      clinc150StrangersArea: spreadOf(runs.map((run) => run.strangers)),
      bytes: runs[0]?.bytes,
    };
  });
  return { figures };
}

/** Ten rows a label of BANKING77: the published ten, then others drawn from all. */
async function few(): Promise<object> {
  const vectors = cachedVectors('banking77');
  const test = rowsOf('banking77/test.jsonl');
  const runs = seeds.map((seed) => {
    const counts = new Map<string, number>();
    const drawn =
      seed === 1
        ? rowsOf('banking77/train_10.jsonl')
        : shuffled(rowsOf('banking77/train.jsonl.gz'), seededRandom(seed)).filter(({ label }) => {
            counts.set(label, (counts.get(label) ?? 0) + 1);
            return (counts.get(label) as number) <= 10;
          });
    return accuracyOf(test, learn(drawn, vectors, seed).ask);
  });
  return { banking77Ten: spreadOf(runs), runs };
}

/** Area under the curve of each kind of stranger against unseen rows of the task, and the score a stranger has in the mean. */
async function strangers(): Promise<object> {
  const encoder = await openEncoderFolder(join(sharedFolder, 'models', 'minilm-l6-int8'), 0);
  const kinds: Record<string, readonly string[]> = { ...strangerTexts, gibberish: gibberish(60) };
  const known = new Map<string, Float32Array>();
  for (const text of Object.values(kinds).flat()) known.set(text, (await encoder.encode([text]))[0] as Float32Array);
  await encoder.close();
  const result: Record<string, object> = {};
  const tasks = ['sms-spam', 'trec', 'headlines', 'banking77', 'isear', 'sst2'].flatMap((name) =>
    tenTasks.filter((task) => task.name === name),
  );
  for (const task of tasks) {
    const rows = readTask(task);
    const own = cachedVectors(setOf(task));
    if (rows === null || own === null) continue;
    const { train, judge } = splitRows(rows, 1);
    for (const vectors of [null, own]) {
      const other = otherTopic(task);
      const all = vectors === null ? null : new Map([...vectors, ...known, ...other.vectors]);
      const { ask, student } = learn(train, all, 1);
      const familiar = judge.map(({ text }) => ask(text).score);
      const areas = Object.fromEntries(
        Object.entries({ ...kinds, 'other topic': other.texts }).map(([kind, texts]) => {
          const scores = texts.map((text) => ask(text).score);
          return [kind, { area: areaUnderCurve(familiar, scores), meanScore: spreadOf(scores).mean }];
        }),
      );
      result[
        `${task.name} ${student.encoder === null ? (vectors === null ? 'n-grams' : 'encoder not wanted') : 'encoder'}`
      ] = areas;
    }
  }
  return result;
}

function otherTopic(task: LabelTask): { readonly texts: readonly string[]; readonly vectors: Vectors } {
  const other = tenTasks.find(({ name }) => name === (task.name === 'clinc150' ? 'agnews' : 'clinc150')) as LabelTask;
  const vectors = cachedVectors(setOf(other)) ?? new Map();
  const texts = shuffled(readTask(other) ?? [], seededRandom(1))
    .slice(0, 300)
    .map(({ text }) => text);
  return { texts, vectors };
}

/** A teacher that is wrong at random in some calls: what is found of its errors, and how good the student still is. */
async function noise(): Promise<object> {
  const figures: object[] = [];
  for (const name of ['trec', 'headlines', 'sst2', 'banking77'])
    for (const share of [0.05, 0.1, 0.2]) {
      const task = tenTasks.find((candidate) => candidate.name === name) as LabelTask;
      const rows = readTask(task);
      const vectors = cachedVectors(setOf(task));
      if (rows === null || vectors === null) continue;
      const runs = seeds.map((seed) => noisyRun(splitRows(rows, seed), vectors, share, seed));
      const spread = (of: (run: (typeof runs)[number]) => number) => spreadOf(runs.map(of));
      figures.push({
        task: name,
        share,
        found: spread((run) => run.found),
        precision: spread((run) => run.precision),
        accuracy: spread((run) => run.accuracy),
        accuracyClean: spread((run) => run.clean),
      });
      console.error(JSON.stringify(figures.at(-1)));
    }
  return { figures };
}

function noisyRun(
  { train, judge }: { readonly train: readonly Text[]; readonly judge: readonly Text[] },
  vectors: Vectors,
  share: number,
  seed: number,
) {
  const random = seededRandom(seed);
  const labels = [...new Set(train.map(({ label }) => label))].sort();
  const taught = train.slice(0, 3000).map((row) => {
    if (random() >= share) return { ...row, isWrong: false };
    const others = labels.filter((label) => label !== row.label);
    return { ...row, label: others[Math.floor(random() * others.length)] as string, isWrong: true };
  });
  const learned = learn(taught, vectors, seed);
  const doubted = likelyErrors(
    taught.map(({ label }) => label),
    learned.outOfFold,
  );
  const hits = doubted.filter(({ row }) => taught[row]?.isWrong === true).length;
  return {
    found: hits / Math.max(1, taught.filter(({ isWrong }) => isWrong).length),
    precision: hits / Math.max(1, doubted.length),
    accuracy: accuracyOf(judge, learned.ask),
    clean: accuracyOf(judge, learn(train.slice(0, 3000), vectors, seed).ask),
  };
}
