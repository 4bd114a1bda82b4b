import { seededRandom } from '../../records/random.ts';
import { assignFolds } from '../folds.ts';
import { quantiseRows } from '../quantise.ts';
import { biasValue, type SparseRows, weighRows } from '../sparse-rows.ts';
import type { EncoderNeed } from '../student-contract.ts';
import { chooseVocabulary, countNgrams, type Vocabulary } from '../vocabulary.ts';
import { createWorkspace, paddedWidth, pieceBytes, type Workspace } from '../workspace.ts';
import { type ChosenSet, chooseSet } from './choose-set.ts';
import {
  createLabelSetState,
  fitLabelSet,
  type LabelSetProblem,
  type LabelSetState,
  labelLogits,
} from './fit-label-set.ts';
import { type LabelSetManifest, labelSetVersion, writeLabelSetFile } from './label-set-file.ts';
import { type LabelSetHead, readLabelSetHead, sigmoid } from './label-set-head.ts';

/** One input and the labels that its answer has. */
export interface LabelSetRow {
  readonly slots: readonly string[];
  /** Canonical JSON of each. */
  readonly labels: readonly string[];
  readonly weight?: number;
  readonly vector?: Float32Array;
}

export interface TrainedLabelSet {
  readonly head: LabelSetHead;
  readonly bytes: Uint8Array;
  /** One entry a row, from weights that did not learn from the row. */
  readonly outOfFold: readonly (ChosenSet & { readonly probabilities: Float64Array })[];
}

/** One choice for all tasks, made by cross-validation on training rows (docs/experiments.md). */
const settings = { epochs: 12, rate: 0.08 };
const folds = 4;
const mostColumns = 120_000;

/** Learns which labels an input has. The same rows and seed give the same bytes. */
export function trainLabelSet(
  rows: readonly LabelSetRow[],
  { seed, encoder = null }: { readonly seed: number; readonly encoder?: EncoderNeed | null },
): TrainedLabelSet {
  const labels = [...new Set(rows.flatMap((row) => row.labels))].sort();
  const placeOf = new Map(labels.map((label, at) => [label, at]));
  const members = rows.map((row) => row.labels.map((label) => placeOf.get(label) as number).sort((a, b) => a - b));
  const { problem, vocabulary, workspace } = prepare(rows, members, labels.length, encoder);
  const state = createLabelSetState(problem, workspace);
  const scratch = { workspace, random: seededRandom(seed) };
  const foldOf = assignFolds(Int32Array.from(members, firstOf), Math.min(folds, rows.length), seededRandom(seed));
  const logits = outOfFoldLogits(problem, state, foldOf, scratch);
  const temperature = fitSetTemperature(logits, problem.targets);
  const everyRow = rows.map((_, row) => row);
  fitLabelSet(problem, state, everyRow, settings, scratch);
  const sets = commonSets(members, labels.length);
  const { bytes: weights, scales } = quantiseRows(state.weights.view, problem.columns, problem.width);
  const manifest: LabelSetManifest = {
    format: 'rightsize-label-set',
    version: labelSetVersion,
    labels,
    features: { count: vocabulary.hashes.length, unknownIdf: vocabulary.unknownIdf },
    encoder,
    width: problem.width,
    temperature,
    sets,
  };
  const bytes = writeLabelSetFile({ manifest, hashes: vocabulary.hashes, idf: vocabulary.idf, scales, weights });
  return {
    head: readLabelSetHead(bytes, { isVerified: true }),
    bytes,
    outOfFold: rows.map((_, row) => {
      const probabilities = Float64Array.from(labels, (_label, k) =>
        sigmoid((logits[row * labels.length + k] as number) / temperature),
      );
      return { ...chooseSet(probabilities, sets), probabilities };
    }),
  };
}

/** Rows of one set are spread over the folds; sets are too many to be told apart by more than their first label. */
function firstOf(members: readonly number[]): number {
  return members[0] ?? -1;
}

interface Prepared {
  readonly problem: LabelSetProblem;
  readonly vocabulary: Vocabulary;
  readonly workspace: Workspace;
}

function prepare(
  rows: readonly LabelSetRow[],
  members: readonly (readonly number[])[],
  labels: number,
  encoder: EncoderNeed | null,
): Prepared {
  const width = paddedWidth(Math.max(1, labels));
  const dimensions = encoder?.dimensions ?? 0;
  const counted = countNgrams(rows.map((row) => row.slots));
  const { vocabulary, columns: columnOf } = chooseVocabulary(counted, {
    minimumRows: rows.length < 400 ? 1 : 2,
    limit: Math.min(mostColumns, Math.floor(9_000_000 / (12 + width))),
  });
  const known = vocabulary.hashes.length + 1;
  const columns = known + dimensions;
  const entries = counted.features.length + rows.length * (1 + dimensions);
  const workspace = createWorkspace(
    4 * pieceBytes(entries, 4) + pieceBytes(columns * width, 4) + pieceBytes(width, 4) + pieceBytes(columns, 4) + 256,
  );
  const sparse = weighRows(counted, { vocabulary, columns: columnOf }, workspace);
  const targets = new Uint8Array(rows.length * labels);
  members.forEach((set, row) => {
    for (const label of set) targets[row * labels + label] = 1;
  });
  return {
    problem: {
      rows: dimensions === 0 ? sparse : withVectors(sparse, rows, known, dimensions, workspace),
      targets,
      rowWeights: Float64Array.from(rows, ({ weight }) => weight ?? 1),
      labels,
      width,
      columns,
      bias: { column: known - 1, value: biasValue },
    },
    vocabulary,
    workspace,
  };
}

/** The sparse rows with each input's vector behind them. */
function withVectors(
  { starts, indices, values, squaredNorms }: SparseRows,
  rows: readonly LabelSetRow[],
  known: number,
  dimensions: number,
  workspace: Workspace,
): SparseRows {
  const longer = starts.map((start, row) => start + row * dimensions);
  const entries = longer.at(-1) as number;
  const [allIndices, allValues] = [workspace.integers(entries), workspace.floats(entries)];
  rows.forEach(({ vector }, row) => {
    let out = longer[row] as number;
    for (let entry = starts[row] as number; entry < (starts[row + 1] as number); entry++, out++) {
      allIndices.view[out] = indices.view[entry] as number;
      allValues.view[out] = values.view[entry] as number;
    }
    for (let d = 0; d < dimensions; d++, out++) {
      allIndices.view[out] = known + d;
      allValues.view[out] = vector?.[d] ?? 0;
    }
  });
  return { starts: longer, indices: allIndices, values: allValues, squaredNorms };
}

function outOfFoldLogits(
  problem: LabelSetProblem,
  state: LabelSetState,
  foldOf: Int32Array,
  scratch: Parameters<typeof fitLabelSet>[4],
): Float32Array {
  const result = new Float32Array(foldOf.length * problem.labels);
  for (let fold = 0; fold <= Math.max(...foldOf); fold++) {
    const kept = [...foldOf.keys()].filter((row) => foldOf[row] !== fold);
    fitLabelSet(problem, state, kept, settings, scratch);
    foldOf.forEach((of, row) => {
      if (of !== fold) return;
      labelLogits(problem, state, row, scratch.workspace);
      for (let k = 0; k < problem.labels; k++) result[row * problem.labels + k] = state.logits.view[k] as number;
    });
  }
  return result;
}

/** The temperature with the smallest mean cross entropy of all labels on held-out rows, of a small grid. */
function fitSetTemperature(logits: Float32Array, targets: Uint8Array): number {
  const loss = (temperature: number): number => {
    let sum = 0;
    for (let at = 0; at < logits.length; at++) {
      const probability = sigmoid((logits[at] as number) / temperature);
      sum -= Math.log(targets[at] === 1 ? probability : 1 - probability);
    }
    return sum;
  };
  const grid = Array.from({ length: 17 }, (_, step) => 0.5 * 2 ** (step / 4));
  return grid.reduce((best, temperature) => (loss(temperature) < loss(best) ? temperature : best));
}

const mostSets = 400;

/** The sets that answers had, and how much likelier each was than its labels, each for itself, would make it. */
function commonSets(members: readonly (readonly number[])[], labels: number): LabelSetManifest['sets'] {
  const counts = new Map<string, { readonly members: readonly number[]; count: number }>();
  const shares = new Float64Array(labels).fill(0.5);
  for (const set of members) {
    const key = set.join(',');
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { members: set, count: 1 });
    else known.count++;
    for (const label of set) shares[label] = (shares[label] as number) + 1;
  }
  const rows = members.length;
  const nothing = shares.reduce((sum, share) => sum + Math.log(1 - share / (rows + 1)), 0);
  return [...counts.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, mostSets)
    .map(({ members: set, count }) => {
      const alone = set.reduce((sum, label) => {
        const share = (shares[label] as number) / (rows + 1);
        return sum + Math.log(share / (1 - share));
      }, nothing);
      return { members: set, bonus: Math.log((count + 0.5) / (rows + 1)) - alone };
    });
}
