// Several labels a text: GoEmotions, macro F1 of single labels and whole sets right, n-grams alone; three seeds.
// usage: npx tsx bench/label-sets.ts [--seeds 3]
// Data: SHARED_DIR (default ../shared). Writes bench/results/label-sets.json.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type LabelSetRow, type TrainedLabelSet, trainLabelSet } from '../src/learn/label-set/train-label-set.ts';
import { readPublicRows } from './public-rows.ts';

const { values: options } = parseArgs({ options: { seeds: { type: 'string', default: '3' } } });

/** Thresholds tried for each label, on rows that no weight learned from. */
const grid = Array.from({ length: 24 }, (_, step) => (step + 1) * 0.04);

const train = readRows('goemotions/train.jsonl.gz');
const test = readRows('goemotions/test.jsonl');
const runs = Array.from({ length: Number(options.seeds) }, (_, at) => measure(at + 1));
writeFileSync(
  join(import.meta.dirname, 'results', 'label-sets.json'),
  `${JSON.stringify({ set: 'goemotions', trainingRows: train.length, testRows: test.length, runs }, null, 1)}\n`,
);
console.log(runs);

function readRows(file: string): readonly LabelSetRow[] {
  const rows = readPublicRows(file);
  if (rows === null) throw new Error(`data/${file} is missing: this benchmark reads public sets beside the project`);
  return rows.map(({ text, gold }) => ({
    slots: [text],
    labels: (gold as unknown as readonly string[]).map((label) => JSON.stringify(label)),
  }));
}

function measure(seed: number) {
  const started = performance.now();
  const trained = trainLabelSet(train, { seed });
  const seconds = (performance.now() - started) / 1000;
  const { labels } = trained.head;
  const thresholds = labels.map((label, at) => bestThreshold(trained, label, at));
  const guesses = test.map(({ slots }) => trained.head.predict(slots));
  const f1 = labels.map((label, at) =>
    f1Of(test.map((row, i) => [row.labels.includes(label), probability(guesses[i], at) >= (thresholds[at] as number)])),
  );
  const whole = test.filter((row, i) =>
    sameSet(row.labels, guesses[i]?.members.map((at) => labels[at] as string) ?? []),
  );
  return {
    seed,
    macroF1: f1.reduce((sum, one) => sum + one, 0) / f1.length,
    wholeSets: whole.length / test.length,
    bytes: trained.bytes.length,
    seconds,
  };
}

function bestThreshold({ outOfFold }: TrainedLabelSet, label: string, at: number): number {
  const scored = grid.map((threshold) => ({
    threshold,
    f1: f1Of(train.map((row, i) => [row.labels.includes(label), probability(outOfFold[i], at) >= threshold])),
  }));
  return scored.reduce((best, one) => (one.f1 > best.f1 ? one : best)).threshold;
}

function probability(guess: { readonly probabilities: Float64Array } | undefined, at: number): number {
  return guess?.probabilities[at] ?? 0;
}

function f1Of(pairs: readonly (readonly [wanted: boolean, given: boolean])[]): number {
  const right = pairs.filter(([wanted, given]) => wanted && given).length;
  const either = pairs.filter(([wanted]) => wanted).length + pairs.filter(([, given]) => given).length;
  return either === 0 ? 0 : (2 * right) / either;
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((label) => b.includes(label));
}
