import type { Familiarity } from './calibration.ts';
import { hiddenUnits } from './mlp-head.ts';
import { type SparseRows, weighRows } from './sparse-rows.ts';
import type { EncoderNeed, TrainingRow } from './student-contract.ts';
import { type CountedRows, chooseVocabulary, countNgrams, type Vocabulary } from './vocabulary.ts';
import { createWorkspace, type Floats, paddedWidth, pieceBytes, type Workspace } from './workspace.ts';

/** Rows made ready for learning; heads and folds share them. */
export interface TrainingSet {
  readonly labels: readonly string[];
  /** Class of each row: a position in `labels`. */
  readonly targets: Int32Array;
  /** How much each row may pull: its own weight, and more for rare labels. */
  readonly weights: Float64Array;
  /** How much each row itself counts; the mean is 1. */
  readonly rowWeights: Float64Array;
  readonly support: readonly number[];
  readonly width: number;
  readonly vocabulary: Vocabulary;
  /** N-grams known, and the bias. */
  readonly columns: number;
  readonly rows: SparseRows;
  readonly counted: CountedRows;
  readonly columnOf: Int32Array;
  readonly minimumRows: number;
  readonly workspace: Workspace;
  /** Room for the logits of one row. */
  readonly logits: Floats;
}

/** A row of weight 0 still has a place in the arithmetic, and no say. */
export const leastWeight = 1e-6;

/** A student file stays below this. */
const fileLimitBytes = 12_000_000;
/** Left for the manifest and an MLP's second layer. */
const fileReserveBytes = 600_000;

/** Counts, weighs and lays out the rows, with room for two linear states and, where asked, for an MLP. */
export function prepareTrainingSet(
  rows: readonly TrainingRow[],
  { withMlp = false, encoder = null }: { readonly withMlp?: boolean; readonly encoder?: EncoderNeed | null } = {},
): TrainingSet {
  const labels = [...new Set(rows.map((row) => row.label))].sort();
  const classOf = new Map(labels.map((label, index) => [label, index]));
  const targets = Int32Array.from(rows, (row) => classOf.get(row.label) as number);
  const support = new Array<number>(labels.length).fill(0);
  for (const target of targets) support[target] = (support[target] as number) + 1;
  const width = paddedWidth(labels.length);
  const counted = countNgrams(rows.map((row) => row.slots));
  const minimumRows = fewestRows(rows.length);
  const columnBytes = 12 + width + (withMlp ? 4 + hiddenUnits : 0);
  const { vocabulary, columns: columnOf } = chooseVocabulary(counted, {
    minimumRows,
    limit: Math.floor((fileLimitBytes - fileReserveBytes - vectorBytes(encoder, width)) / columnBytes),
  });
  const columns = vocabulary.hashes.length + 1;
  const workspace = createWorkspace(
    2 * pieceBytes(counted.features.length + rows.length, 4) +
      2 * pieceBytes(columns * width, 4) +
      2 * pieceBytes(rows.length * width, 4) +
      pieceBytes(width, 4) +
      (withMlp ? mlpRoom(columns, width) : 0),
  );
  return {
    labels,
    targets,
    weights: Float64Array.from(rows, (row, at) => {
      const balance = balanceOf(support[targets[at] as number] as number, rows.length / labels.length);
      return Math.max(leastWeight, (row.weight ?? 1) * balance);
    }),
    rowWeights: meanOne(rows.map((row) => row.weight ?? 1)),
    support,
    width,
    vocabulary,
    columns,
    rows: weighRows(counted, { vocabulary, columns: columnOf }, workspace),
    counted,
    columnOf,
    minimumRows,
    workspace,
    logits: workspace.floats(width),
  };
}

/** How far rare labels pull harder than frequent ones: `full` is what the set's own weights do. */
export type ClassBalance = 'full' | 'half' | 'none';

/** The power of each balance. */
const powers: Readonly<Record<ClassBalance, number>> = { full: 1, half: 0.5, none: 0 };

/** The rows' weights under another balance. */
export function balanceWeights(set: TrainingSet, balance: ClassBalance): Float64Array {
  const factors = balancesOf(set).map((own) => own ** (powers[balance] - powers.full));
  return set.weights.map((weight, row) =>
    Math.max(leastWeight, weight * (factors[set.targets[row] as number] as number)),
  );
}

/** Whether balance makes a difference worth trying. */
export function isUneven(set: TrainingSet): boolean {
  return balancesOf(set).some((balance) => balance < 1 / evenUpTo || balance > evenUpTo);
}

const evenUpTo = 1.25;

function balancesOf({ support, targets, labels }: TrainingSet): readonly number[] {
  return support.map((rows) => balanceOf(rows, targets.length / labels.length));
}

function meanOne(weights: readonly number[]): Float64Array {
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / Math.max(1, weights.length);
  return Float64Array.from(weights, (weight) => (mean > 0 ? weight / mean : 1));
}

/** Left for the vector's head and the remembered rows. */
function vectorBytes(encoder: EncoderNeed | null, width: number): number {
  return encoder === null ? 0 : 4 * (encoder.dimensions + 1) * (width + 128) + 8000 * 130;
}

function mlpRoom(columns: number, width: number): number {
  return (
    pieceBytes(columns * hiddenUnits, 4) +
    pieceBytes((hiddenUnits + 1) * width, 4) +
    6 * pieceBytes(hiddenUnits + 1, 4) +
    pieceBytes(Math.max(columns, hiddenUnits + 1), 4) +
    pieceBytes(width, 4)
  );
}

/**
 * Rows of rare labels pull harder and those of frequent labels less, within bounds: with few rows a head otherwise leans
 * on the frequent labels, and without bounds a label that came once by accident would shout everybody down.
 */
function balanceOf(support: number, evenSupport: number): number {
  return Math.max(0.4, Math.min(3, evenSupport / support));
}

/** Among few rows, an n-gram seen once is still news. */
function fewestRows(rows: number): number {
  return rows < 400 ? 1 : 2;
}

/** What each row's fold knew of it: an n-gram is known there from the rows of the other folds only. */
export function heldOutFamiliarity(set: TrainingSet, foldOf: Int32Array, folds: number): Omit<Familiarity, 'nearest'> {
  const { counted, columnOf, vocabulary } = set;
  const inFold = new Uint16Array(counted.hashes.length * folds);
  forEachEntry(counted, foldOf, (entry, row) => {
    const at = (counted.features[entry] as number) * folds + (foldOf[row] as number);
    inFold[at] = (inFold[at] as number) + 1;
  });
  const known = new Int32Array(foldOf.length);
  const knownWeights = new Float64Array(foldOf.length);
  const unseenWeights = new Float64Array(foldOf.length);
  forEachEntry(counted, foldOf, (entry, row) => {
    const feature = counted.features[entry] as number;
    const inOwnFold = inFold[feature * folds + (foldOf[row] as number)] as number;
    const column = columnOf[feature] as number;
    const count = counted.counts[entry] as number;
    if (column >= 0 && (counted.documentFrequency[feature] as number) - inOwnFold >= set.minimumRows) {
      known[row] = (known[row] as number) + 1;
      knownWeights[row] = (knownWeights[row] as number) + count * (vocabulary.idf[column] as number);
    } else unseenWeights[row] = (unseenWeights[row] as number) + count * vocabulary.unknownIdf;
  });
  const unseenShares = unseenWeights.map((unseen, row) => {
    const all = unseen + (knownWeights[row] as number);
    return all === 0 ? 1 : unseen / all;
  });
  return { unseenShares, known };
}

function forEachEntry(counted: CountedRows, rows: Int32Array, visit: (entry: number, row: number) => void): void {
  for (let row = 0; row < rows.length; row++)
    for (let entry = counted.starts[row] as number; entry < (counted.starts[row + 1] as number); entry++)
      visit(entry, row);
}
