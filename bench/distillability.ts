// What the log alone says a student could do, beside what students then did; fits the formula, each set left out in turn.
// usage: npx tsx bench/distillability.ts [--seeds 3] [--field-seeds 1] [--largest 1600] [--json]
// Data: SHARED_DIR (default ../shared). Writes bench/results/distillability.json.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { distillability, formula, formulaSigns, oddsOf } from '../src/curate/distillability.ts';
import { readLogSigns } from '../src/curate/log-signs.ts';
import { RightsizeError } from '../src/errors.ts';
import type { Band } from '../src/learn/band.ts';
import { coverageAt, coverageOf, learnSelectivity } from '../src/learn/coverage-law.ts';
import type { TrainingRow } from '../src/learn/student-contract.ts';
import { trainStudent } from '../src/learn/train-student.ts';
import { seededRandom, shuffled } from '../src/records/random.ts';
import { trainNow } from '../src/train/train-now.ts';
import { type ClosedRow, closedSets, readClosedSet } from './insight/closed-sets.ts';
import { type FieldRow, fieldSets, readFieldSet } from './insight/field-sets.ts';
import { rankCorrelation, ridge } from './insight/regression.ts';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3' },
    largest: { type: 'string', default: '1600' },
    'field-seeds': { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const smallest = 100;
const mostJudged = 2000;
const fieldSizes = [150, 300, 600];
const mostFieldsJudged = 1000;
const epsilons = [0.02, 0.05] as const;

interface Pair {
  readonly set: string;
  readonly seed: number;
  readonly rows: number;
  /** Ones, and the formula's signs. */
  readonly signs: readonly number[];
  readonly neighbours: number;
  /** What the formula as shipped says. */
  readonly shipped: { readonly share: number; readonly low: number; readonly high: number };
  readonly agreement: number;
  /** At each ε. */
  readonly coverages: readonly number[];
}

const pairs: Pair[] = [];
for (const set of Object.keys(closedSets)) {
  const rows = readClosedSet(set);
  if (rows === null) console.error(`left out: the data of ${set} is not there; set SHARED_DIR`);
  else for (let seed = 1; seed <= Number(options.seeds); seed++) pairs.push(...pairsOf(set, rows, seed));
  console.error(`${set}: ${pairs.length} pairs so far`);
}
const leftOut = leaveSetsOut();
const fields: FieldPair[] = [];
for (const set of Object.keys(fieldSets)) {
  const rows = readFieldSet(set);
  if (rows === null) continue;
  for (let seed = 1; seed <= Number(options['field-seeds']); seed++) fields.push(...fieldPairsOf(set, rows, seed));
  console.error(`${set}: ${fields.length} pairs of several fields so far`);
}
const document = {
  pairs: pairs.length,
  sets: new Set(pairs.map(({ set }) => set)).size,
  leftOut,
  fitted: fitFormula(pairs),
  fields: {
    ...figuresOf(
      fields.map(({ predicted }) => predicted.share),
      fields.map(({ agreement }) => agreement),
    ),
    inShippedBand:
      fields.filter(({ predicted, agreement }) => predicted.low <= agreement && agreement <= predicted.high).length /
      fields.length,
    pairs: fields,
  },
  shipped: formula,
};
mkdirSync(join(import.meta.dirname, 'results'), { recursive: true });
writeFileSync(
  join(import.meta.dirname, 'results', 'distillability.json'),
  `${JSON.stringify({ ...document, all: pairs })}\n`,
);
console.log(JSON.stringify(document, null, options.json ? 0 : 2));

function pairsOf(set: string, all: readonly ClosedRow[], seed: number): readonly Pair[] {
  const mixed = shuffled(all, seededRandom(seed)).map(({ text, label }) => ({ slots: [text], label }));
  const held = Math.min(mostJudged, Math.round(mixed.length / 3));
  const judged = mixed.slice(0, held);
  const pool = mixed.slice(held);
  const found: Pair[] = [];
  for (let size = smallest; size <= Math.min(pool.length, Number(options.largest)); size *= 2) {
    const rows = pool.slice(0, size);
    const signs = readLogSigns(rows, 'label');
    const figure = distillability(rows, { kind: 'label', epsilon: 0.02 });
    if (signs === null || figure === null) continue;
    const { student } = trainStudent(rows, { seed, head: 'linear' });
    const outcomes = judged.map(({ slots, label }) => {
      const prediction = student.predict(slots);
      return { score: prediction.score, agrees: prediction.label === label };
    });
    found.push({
      set,
      seed,
      rows: size,
      signs: [1, ...Object.values(formulaSigns(signs))],
      neighbours: signs.neighbours.share,
      shipped: figure.agreement,
      agreement: outcomes.filter(({ agrees }) => agrees).length / held,
      coverages: epsilons.map((epsilon) => coverageAt(outcomes, epsilon)),
    });
  }
  return found;
}

interface FieldPair {
  readonly set: string;
  readonly seed: number;
  readonly rows: number;
  readonly predicted: Band;
  readonly agreement: number;
}

/** Answers of several fields; where training refuses, nothing agrees. */
function fieldPairsOf(set: string, all: readonly FieldRow[], seed: number): readonly FieldPair[] {
  const mixed = shuffled(all, seededRandom(seed)).map(({ text, label }) => ({ slots: [text], label }));
  const held = Math.min(mostFieldsJudged, Math.round(mixed.length / 3));
  return fieldSizes.flatMap((size) => {
    const rows = mixed.slice(held, held + size);
    const figure = distillability(rows, { kind: 'fields', epsilon: 0.02 });
    if (rows.length < size || figure === null) return [];
    const predict = trainFields(rows, seed);
    const right = mixed.slice(0, held).filter(({ slots, label }) => predict(slots) === label).length;
    return [{ set, seed, rows: size, predicted: figure.agreement, agreement: right / held }];
  });
}

function trainFields(rows: readonly TrainingRow[], seed: number): (slots: readonly string[]) => string | null {
  try {
    const { student } = trainNow({ kind: 'fields', rows, seed, head: 'linear' });
    return (slots) => student.predict(slots).label;
  } catch (error) {
    if (error instanceof RightsizeError && error.code === 'shape_not_learnable') return () => null;
    throw error;
  }
}

/** Every set weighs the same. */
function fitFormula(of: readonly Pair[]): readonly number[] {
  const size = new Map<string, number>();
  for (const { set } of of) size.set(set, (size.get(set) ?? 0) + 1);
  return ridge(
    of.map(({ signs, agreement, set }) => ({ x: signs, y: oddsOf(agreement), weight: 5 / (size.get(set) ?? 1) })),
    1,
  );
}

interface Figures {
  readonly meanError: number;
  readonly medianError: number;
  readonly rankCorrelation: number;
}

/** Each set predicted by a formula fitted on the others. */
function leaveSetsOut() {
  const weights = new Map(
    [...new Set(pairs.map(({ set }) => set))].map((set) => [set, fitFormula(pairs.filter((pair) => pair.set !== set))]),
  );
  const oddsFor = ({ set, signs }: Pair): number =>
    signs.reduce((sum, sign, i) => sum + sign * (weights.get(set)?.[i] ?? 0), 0);
  const predicted = pairs.map((pair) => 1 / (1 + Math.exp(-oddsFor(pair))));
  const agreements = pairs.map(({ agreement }) => agreement);
  const mean = agreements.reduce((sum, share) => sum + share, 0) / agreements.length;
  const squares = pairs.map((pair) => (oddsFor(pair) - oddsOf(pair.agreement)) ** 2);
  return {
    agreement: figuresOf(predicted, agreements),
    ...Object.fromEntries(
      epsilons.map((epsilon, i) => [
        `coverage at ${epsilon}`,
        figuresOf(
          predicted.map((share) => coverageOf(1 - share, learnSelectivity([], epsilon).log, epsilon)),
          pairs.map(({ coverages }) => coverages[i] as number),
        ),
      ]),
    ),
    /** Of the log odds. */
    deviation: Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length),
    inShippedBand:
      pairs.filter(({ shipped, agreement }) => shipped.low <= agreement && agreement <= shipped.high).length /
      pairs.length,
    byNeighboursAlone: figuresOf(
      pairs.map(({ neighbours }) => neighbours),
      agreements,
    ),
    byTheMeanOfAll: figuresOf(
      agreements.map(() => mean),
      agreements,
    ).meanError,
  };
}

function figuresOf(predicted: readonly number[], truth: readonly number[]): Figures {
  const errors = predicted.map((share, i) => Math.abs(share - (truth[i] as number))).sort((a, b) => a - b);
  return {
    meanError: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    medianError: errors[Math.floor(errors.length / 2)] ?? Number.NaN,
    rankCorrelation: rankCorrelation(predicted, truth),
  };
}
