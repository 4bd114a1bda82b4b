// Spans: F1 of (field, value) pairs, inputs that are right as a whole, seconds, microseconds a call; three seeds.
// usage: npx tsx bench/tagger.ts [--set restaurant8k] [--seeds 3]
// Data: SHARED_DIR (default ../shared). Writes bench/results/tagger.json, one entry a set; other sets' entries stay.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readTagger } from '../src/learn/tagger/tagger.ts';
import type { Tagger } from '../src/learn/tagger/tagger-contract.ts';
import { trainTagger } from '../src/learn/tagger/train-tagger.ts';
import { seededRandom, shuffled } from '../src/records/random.ts';
import { readSpanSet, type SpanRow, spanSources } from './span-rows.ts';

interface Figures {
  readonly f1: number;
  readonly precision: number;
  readonly recall: number;
  /** Share of inputs whose every field is right. */
  readonly whole: number;
  /** Mean probability given to whole taggings; near `whole` where they are calibrated. */
  readonly probability: number;
  readonly trainingSeconds: number;
  readonly bytes: number;
  readonly microseconds: number;
  /** Of inputs of 20 tokens and words alike. */
  readonly microsecondsOf20: number | null;
}

const { values: options } = parseArgs({
  options: { set: { type: 'string' }, seeds: { type: 'string', default: '3' } },
});
const resultFile = join(import.meta.dirname, 'results', 'tagger.json');
const sets = options.set === undefined ? Object.keys(spanSources) : options.set.split(',');
for (const set of sets) measureSet(set, Number(options.seeds));

function measureSet(set: string, seeds: number): void {
  const rows = readSpanSet(set);
  if (rows === null) {
    console.log(`${set}: the data is not there: set SHARED_DIR`);
    return;
  }
  const runs = Array.from({ length: seeds }, (_, seed) => measure(rows.train, rows.test, seed + 1));
  const entry = {
    trainingRows: rows.train.length,
    testRows: rows.test.length,
    machine: `${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`,
    mean: summarise(runs, mean),
    spread: summarise(runs, spread),
  };
  mkdirSync(join(import.meta.dirname, 'results'), { recursive: true });
  const known = existsSync(resultFile) ? (JSON.parse(readFileSync(resultFile, 'utf8')) as object) : {};
  writeFileSync(resultFile, `${JSON.stringify({ ...known, [set]: entry }, null, 2)}\n`);
  console.log(set.padEnd(24), JSON.stringify(entry.mean), '±', entry.spread.f1, entry.spread.whole);
}

function measure(train: readonly SpanRow[], test: readonly SpanRow[], seed: number): Figures {
  const before = process.cpuUsage();
  const trained = trainTagger(shuffled(train, seededRandom(seed)), { seed });
  const { user, system } = process.cpuUsage(before);
  const bytes = trained.tagger.toBytes();
  const tagger = readTagger(bytes);
  return {
    ...judge(tagger, test),
    trainingSeconds: (user + system) / 1e6,
    bytes: bytes.length,
    microseconds: timePerCall(tagger, test),
    microsecondsOf20: timePerCall(tagger, test.filter(isOf20Words)),
  } as Figures;
}

function judge(tagger: Tagger, test: readonly SpanRow[]) {
  let right = 0;
  let given = 0;
  let wanted = 0;
  let whole = 0;
  let probability = 0;
  for (const { slots, values } of test) {
    const tagging = tagger.tag(slots);
    const said = tagging.spans.map(({ tag, slot, start, end }) => `${tag}\t${slots[slot]?.slice(start, end)}`);
    const left = [...values];
    for (const value of said) if (left.includes(value)) left.splice(left.indexOf(value), 1);
    const hits = values.length - left.length;
    right += hits;
    given += said.length;
    wanted += values.length;
    if (hits === said.length && left.length === 0) whole++;
    probability += tagging.probability;
  }
  return {
    f1: (2 * right) / Math.max(1, given + wanted),
    precision: right / Math.max(1, given),
    recall: right / Math.max(1, wanted),
    whole: whole / test.length,
    probability: probability / test.length,
  };
}

function isOf20Words({ slots }: SpanRow): boolean {
  const words = (slots[0] ?? '').split(/\s+/).length;
  return words >= 18 && words <= 22;
}

/** CPU time, warm. */
function timePerCall(tagger: Tagger, rows: readonly SpanRow[]): number | null {
  if (rows.length === 0) return null;
  const some = rows.slice(0, 300);
  const pass = (): void => some.forEach(({ slots }) => void tagger.tag(slots));
  pass();
  const before = process.cpuUsage();
  for (let repeat = 0; repeat < 3; repeat++) pass();
  return process.cpuUsage(before).user / (3 * some.length);
}

type Summary = Readonly<Record<keyof Figures, number>>;

function summarise(runs: readonly Figures[], of: (values: readonly number[]) => number): Summary {
  const names = Object.keys(runs[0] as Figures) as (keyof Figures)[];
  const figures = names.map((name) => [name, of(runs.map((run) => run[name] ?? 0))] as const);
  return Object.fromEntries(figures.map(([name, value]) => [name, Number(value.toFixed(4))])) as unknown as Summary;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Standard deviation over the seeds. */
function spread(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}
