// How good students of one label are beyond coverage: whole sets, strangers, noisy teachers. Without an encoder and with one.
// usage: npx tsx bench/label-quality.ts [--parts whole,few,strangers,noise] [--seeds 3] [--noisy trec,sst2]
// Data: SHARED_DIR; vectors: bench/.cache/vectors (bench/quality/fill-vectors.ts makes them).
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseThreshold } from '../src/certify/choose-threshold.ts';
import { openEncoderFolder } from '../src/encoder/open-encoder-folder.ts';
import type { TrainingRow } from '../src/learn/student-contract.ts';
import { trainStudent } from '../src/learn/train-student.ts';
import { seededRandom, shuffled } from '../src/records/random.ts';
import { readPublicRows, sharedFolder } from './public-rows.ts';
import { type LabelTask, readTask, setOf, splitRows, tenTasks } from './quality/label-tasks.ts';
import { readResult, writeResult } from './quality/result-file.ts';
import { spreadOf } from './quality/statistics.ts';
import { gibberish, strangerTexts } from './quality/stranger-texts.ts';
import { benchEncoder, cachedVectors, type Vectors } from './quality/vector-cache.ts';

const { values: options } = parseArgs({
  options: {
    parts: { type: 'string', default: 'whole,few,strangers,noise' },
    seeds: { type: 'string', default: '3' },
    noisy: { type: 'string', default: 'trec,sst2,headlines,banking77' },
  },
});
const noiseEpsilons = [0.05, 0.1] as const;
/** As many calls as most tasks have after weeks, not months. */
const noisyRows = 2000;
const seeds = Array.from({ length: Number(options.seeds) }, (_, at) => at + 1);

interface Text {
  readonly text: string;
  readonly label: string;
}

const parts: Readonly<Record<string, () => Promise<object>>> = { whole, few, strangers, noise };
const { date: _, machine: __, ...kept } = (readResult('quality-labels') ?? {}) as Record<string, object>;
const result: Record<string, object> = kept;
for (const part of options.parts.split(',')) {
  result[part] = (await parts[part]?.()) ?? {};
  console.log(part, JSON.stringify(result[part], null, 1));
  writeResult('labels', result);
}

function learn(
  rows: readonly Text[],
  vectors: Vectors | null,
  seed: number,
  rowWeights: 'given' | 'chosen' = 'chosen',
) {
  const taught: TrainingRow[] = rows.map(({ text, label }) => {
    const vector = vectors?.get(text);
    return vector === undefined ? { slots: [text], label } : { slots: [text], label, vector };
  });
  const trained = trainStudent(taught, {
    seed,
    head: 'linear',
    rowWeights,
    encoder: vectors === null ? null : benchEncoder,
  });
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

type Noise = 'any' | 'next';

/**
 * A teacher that is wrong in some calls, with any other label (`any`) or always with the one after the right one (`next`):
 * what is found of its errors, how good the student still is, and what it is certified to answer; with all rows counting
 * in full, and with weights chosen by cross-validation.
 */
async function noise(): Promise<object> {
  const figures: object[] = [];
  const cases = (['any', 'next'] as const).flatMap((kind) => [0, 0.05, 0.1, 0.2].map((share) => ({ kind, share })));
  for (const name of options.noisy.split(','))
    for (const { kind, share } of cases.filter((one) => one.share > 0 || one.kind === 'any')) {
      const task = tenTasks.find((candidate) => candidate.name === name) as LabelTask;
      const rows = readTask(task);
      const vectors = cachedVectors(setOf(task));
      if (rows === null || vectors === null) continue;
      const runs = seeds.map((seed) => noisyRun(splitRows(rows, seed), vectors, { kind, share }, seed));
      const spread = (of: (run: (typeof runs)[number]) => number) => spreadOf(runs.map(of));
      const both = (of: (figures: NoisyFigures) => number) => ({
        given: spread(({ given }) => of(given)),
        chosen: spread(({ chosen }) => of(chosen)),
      });
      figures.push({
        task: name,
        kind,
        share,
        found: spread((run) => run.found),
        precision: spread((run) => run.precision),
        weighedDown: spread(({ chosen }) => chosen.weighedDown),
        balances: runs.map(({ chosen }) => chosen.balance),
        accuracy: both(({ accuracy }) => accuracy),
        answered: Object.fromEntries(
          noiseEpsilons.map((epsilon, at) => [epsilon, both(({ answered }) => answered[at] as number)]),
        ),
        seconds: both(({ seconds }) => seconds),
      });
      console.error(JSON.stringify(figures.at(-1)));
      writeResult('labels', { ...result, noise: { rows: noisyRows, figures } });
    }
  return { rows: noisyRows, figures };
}

interface NoisyFigures {
  readonly accuracy: number;
  /** Share of the judging rows that a certificate at each ε of all calls lets through. */
  readonly answered: readonly number[];
  readonly weighedDown: number;
  readonly balance: string;
  readonly seconds: number;
}

function noisyRun(
  { train, certify, judge }: ReturnType<typeof splitRows>,
  vectors: Vectors,
  { kind, share }: { readonly kind: Noise; readonly share: number },
  seed: number,
) {
  const random = seededRandom(seed);
  const labels = [...new Set(train.map(({ label }) => label))].sort();
  const answer = <Row extends Text>(row: Row) => {
    if (random() >= share) return { ...row, isWrong: false };
    const step = kind === 'next' ? 1 : 1 + Math.floor(random() * (labels.length - 1));
    const label = labels[(labels.indexOf(row.label) + step) % labels.length] as string;
    return { ...row, label, isWrong: true };
  };
  const taught = train.slice(0, noisyRows).map(answer);
  const certifying = certify.map(answer);
  const measure = (rowWeights: 'given' | 'chosen') => {
    const before = process.cpuUsage();
    const learned = learn(taught, vectors, seed, rowWeights);
    const { user, system } = process.cpuUsage(before);
    return { learned, figures: noisyFigures(learned, { certifying, judge, seconds: (user + system) / 1e6 }) };
  };
  const given = measure('given');
  const { likelyErrors: doubted } = given.learned;
  const hits = doubted.filter((row) => taught[row]?.isWrong === true).length;
  return {
    found: hits / Math.max(1, taught.filter(({ isWrong }) => isWrong).length),
    precision: hits / Math.max(1, doubted.length),
    given: given.figures,
    chosen: measure('chosen').figures,
  };
}

function noisyFigures(
  { ask, weighedDown, report }: ReturnType<typeof learn>,
  {
    certifying,
    judge,
    seconds,
  }: { readonly certifying: readonly Text[]; readonly judge: readonly Text[]; readonly seconds: number },
): NoisyFigures {
  const outcomes = certifying.map(({ text, label }) => {
    const prediction = ask(text);
    return { score: prediction.score, different: prediction.label !== label };
  });
  return {
    accuracy: accuracyOf(judge, ask),
    answered: noiseEpsilons.map((epsilon) => {
      const choice = chooseThreshold(outcomes, { epsilon, delta: 0.05 });
      return choice.certified
        ? judge.filter(({ text }) => ask(text).score >= choice.threshold).length / judge.length
        : 0;
    }),
    weighedDown: weighedDown.length,
    balance: report.classBalance,
    seconds,
  };
}
