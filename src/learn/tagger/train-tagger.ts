import { RightsizeError } from '../../errors.ts';
import { type Random, seededRandom, shuffled } from '../../records/random.ts';
import { hashTable } from '../vocabulary.ts';
import { Chain } from './chain.ts';
import { type ChainWeights, type FitSettings, fitChain } from './fit-chain.ts';
import { packTagger } from './pack-tagger.ts';
import { type PreparedRows, prepareRows } from './sequences.ts';
import { buildTagger } from './tagger.ts';
import type { Tagger, TaggerRow, Tagging } from './tagger-contract.ts';
import { type TaggerModel, tagWith } from './tagger-model.ts';
import { cool, fitTemperature, type HeldOutRow } from './tagger-temperature.ts';

export interface TaggerOptions {
  /** The same rows and seed give the same bytes. */
  readonly seed: number;
  /** Parts that are held out in turn; by default 5, or 10 below 500 rows, 3 from 2,000 rows on. */
  readonly folds?: number;
  /** Which part holds each row out, counted from 0; drawn at random where it is not given. Among many rows several parts may be held out together. */
  readonly foldOf?: Int32Array;
  /** Told the share of the work done, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

export interface TrainedTagger {
  readonly tagger: Tagger;
  /** One tagging a training row, from weights that did not learn from the row. */
  readonly outOfFold: readonly Tagging[];
  readonly report: TaggerReport;
}

export interface TaggerReport {
  /** Spans that were left out: they overlap a longer one, or hold nothing but white space. */
  readonly droppedSpans: number;
  /** Spans with an edge inside a token; they were learned with the whole token. */
  readonly movedSpans: number;
  readonly temperature: number;
  readonly features: number;
  readonly bytes: number;
  readonly seconds: Readonly<Record<'features' | 'fit' | 'folds' | 'calibration', number>>;
}

/** One choice for all tasks, made by cross-validation on training rows (docs/experiments.md). */
const fitting: FitSettings = {
  epochs: 10,
  warmUpEpochs: 4,
  rate: 0.15,
  beta: 1,
  l2: 3,
  dropout: { feature: 0.3, word: 0.2, context: 0.2, hints: 0.1 },
};

/**
 * Learns a tagger. Pure but for the time it reports.
 * @throws RightsizeError `too_few_examples` for no rows.
 */
export function trainTagger(rows: readonly TaggerRow[], options: TaggerOptions): TrainedTagger {
  if (rows.length === 0) throw new RightsizeError('too_few_examples', 'there are 0 rows to learn from');
  const clock = phaseClock();
  const tags = [...new Set(rows.flatMap((row) => row.spans.map((span) => span.tag)))].sort();
  const slots = searchedSlots(rows);
  const prepared = prepareRows(rows, slots, tags);
  const folds = chooseFolds(rows.length, options);
  clock.end('features');
  const chain = new Chain(tags.length);
  const learn = (isMember: (row: number) => boolean): ChainWeights =>
    fitRows(prepared, rows, isMember, chain, seededRandom(options.seed));
  const share = 1 / (folds.count + 1.5);
  const weights = learn(() => true);
  options.onProgress?.(share);
  clock.end('fit');
  const foldWeights = Array.from({ length: folds.count }, (_, fold) => {
    const held = learn((row) => folds.foldOf[row] !== fold);
    options.onProgress?.(share * (fold + 2));
    return held;
  });
  clock.end('folds');
  const models = foldModels(prepared, foldWeights, folds, { tags, slots });
  const heldOut = rows.map(
    (row, at): HeldOutRow => ({ row, model: models[folds.foldOf[at] as number] as TaggerModel }),
  );
  const temperature = fitTemperature(heldOut, chain);
  const outOfFold = tagHeldOut(heldOut, chain, temperature);
  const tagger = buildTagger(
    packTagger(prepared.pairs, weights, {
      tags,
      slots,
      temperature,
      trained: { rows: rows.length, spans: rows.reduce((sum, row) => sum + row.spans.length, 0), seed: options.seed },
    }),
  );
  clock.end('calibration');
  options.onProgress?.(1);
  return {
    tagger,
    outOfFold,
    report: {
      droppedSpans: prepared.dropped,
      movedSpans: prepared.moved,
      temperature,
      features: prepared.pairs.hashes.length,
      bytes: tagger.toBytes().length,
      seconds: clock.seconds,
    },
  };
}

/** Slots that ever held a span; all of them where none did, so that strangers can still be told. */
function searchedSlots(rows: readonly TaggerRow[]): number[] {
  const found = new Set(rows.flatMap((row) => row.spans.map((span) => span.slot)));
  const most = rows.reduce((count, row) => Math.max(count, row.slots.length), 0);
  return Array.from({ length: most }, (_, slot) => slot).filter((slot) => found.size === 0 || found.has(slot));
}

interface Folds {
  readonly foldOf: Int32Array;
  readonly count: number;
}

/** Among so many rows a model without a third of them is hardly a poorer one, and each fold costs a training. */
const manyRows = 2000;
const foldsOfMany = 3;

function chooseFolds(rows: number, { folds, foldOf, seed }: TaggerOptions): Folds {
  const given = foldOf === undefined ? folds : foldOf.reduce((most, fold) => Math.max(most, fold + 1), 1);
  const wanted = given ?? (rows < 500 ? 10 : 5);
  const count = Math.max(2, Math.min(wanted, rows, rows < manyRows ? wanted : foldsOfMany));
  if (foldOf !== undefined) return { foldOf: foldOf.map((fold) => fold % count), count };
  const drawn = new Int32Array(rows);
  shuffled(Array.from(drawn.keys()), seededRandom(seed)).forEach((row, at) => {
    drawn[row] = at % count;
  });
  return { foldOf: drawn, count };
}

function fitRows(
  prepared: PreparedRows,
  rows: readonly TaggerRow[],
  isMember: (row: number) => boolean,
  chain: Chain,
  random: Random,
): ChainWeights {
  const { rowOf } = prepared.sequences;
  const members = [...rowOf.keys()].filter((sequence) => isMember(rowOf[sequence] as number));
  const weightOf = (sequence: number): number => rows[rowOf[sequence] as number]?.weight ?? 1;
  return fitChain({ ...prepared, weightOf }, members, chain, fitting, random);
}

function foldModels(
  { pairs, sequences }: PreparedRows,
  foldWeights: readonly ChainWeights[],
  folds: Folds,
  shared: Pick<TaggerModel, 'tags' | 'slots'>,
): TaggerModel[] {
  const table = hashTable(pairs.hashes);
  const counts = countByFold(sequences, pairs.hashes.length, folds);
  return foldWeights.map(({ values, transitions }, fold) => ({
    ...shared,
    table,
    starts: pairs.starts,
    parts: pairs.parts,
    values,
    transitions,
    isFamiliar: (column) => {
      const own = counts.byFold[column * folds.count + fold] as number;
      return (counts.all[column] as number) - own >= pairs.fewestTokens;
    },
  }));
}

function countByFold(
  { rowOf, tokenStarts, columnStarts, columns }: PreparedRows['sequences'],
  features: number,
  folds: Folds,
): { readonly all: Int32Array; readonly byFold: Int32Array } {
  const all = new Int32Array(features);
  const byFold = new Int32Array(features * folds.count);
  for (let sequence = 0; sequence < rowOf.length; sequence++) {
    const fold = folds.foldOf[rowOf[sequence] as number] as number;
    const from = columnStarts[tokenStarts[sequence] as number] as number;
    const to = columnStarts[tokenStarts[sequence + 1] as number] as number;
    for (let j = from; j < to; j++) {
      const column = columns[j] as number;
      all[column] = (all[column] as number) + 1;
      byFold[column * folds.count + fold] = (byFold[column * folds.count + fold] as number) + 1;
    }
  }
  return { all, byFold };
}

function tagHeldOut(heldOut: readonly HeldOutRow[], chain: Chain, temperature: number): Tagging[] {
  const tempered = new Map<TaggerModel, TaggerModel>();
  return heldOut.map(({ row, model }) => {
    const cooled = tempered.get(model) ?? { ...model, transitions: cool(model.transitions, temperature) };
    tempered.set(model, cooled);
    chain.use(cooled.transitions);
    return tagWith(cooled, row.slots, chain, temperature);
  });
}

function phaseClock() {
  const seconds = { features: 0, fit: 0, folds: 0, calibration: 0 };
  let before = performance.now();
  return {
    seconds,
    end(phase: keyof typeof seconds): void {
      const now = performance.now();
      seconds[phase] += (now - before) / 1000;
      before = now;
    },
  };
}
