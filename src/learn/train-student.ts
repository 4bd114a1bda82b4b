import { RightsizeError } from '../errors.ts';
import { type Random, seededRandom } from '../records/random.ts';
import { assignFolds } from './folds.ts';
import { createLinearState, descend, type LinearProblem, type LinearState, removeRows } from './linear-head.ts';
import { quantiseRows } from './quantise.ts';
import { fitScoreModel, readSignals, type ScoreModel, scoreOf, signalNames } from './score-model.ts';
import { softmax } from './softmax.ts';
import { type SparseRows, weighRows } from './sparse-rows.ts';
import { buildStudent, type Student, type TrainingRow, topTwo } from './student.ts';
import { formatVersion } from './student-file.ts';
import { fitTemperature } from './temperature.ts';
import { type CountedRows, chooseVocabulary, countNgrams, type Vocabulary } from './vocabulary.ts';
import { createWorkspace, type Floats, paddedWidth, pieceBytes, type Workspace } from './workspace.ts';

export interface TrainingOptions {
  /** The same rows and seed give the same bytes. */
  readonly seed: number;
  /** `best` (the default) takes the MLP only where it wins on held-out rows. */
  readonly head?: 'linear' | 'mlp' | 'best';
  /** Parts that are held out in turn; 5 by default. */
  readonly folds?: number;
  /** Told the share of the work done, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

export interface TrainedStudent {
  readonly student: Student;
  /**
   * One entry a training row, from models that did not learn from the row: its label, and the score of a calibration
   * that did not see the row either. What the student will do on unseen calls, at no extra label.
   */
  readonly outOfFold: readonly { readonly label: string; readonly score: number }[];
  readonly report: TrainingReport;
}

export interface TrainingReport {
  readonly head: 'linear';
  /** Share of out-of-fold labels that equal the row's own. */
  readonly heldOutAccuracy: number;
  readonly features: number;
  readonly bytes: number;
  readonly seconds: Readonly<Record<'features' | 'fit' | 'folds' | 'calibration', number>>;
}

const fileLimitBytes = 12_000_000;

/**
 * Learns a student. Pure but for the time it reports.
 * @throws RightsizeError `too_few_examples` for no rows.
 */
export function trainStudent(rows: readonly TrainingRow[], options: TrainingOptions): TrainedStudent {
  if (rows.length === 0) throw new RightsizeError('too_few_examples', 'there are 0 rows to learn from');
  const clock = phaseClock();
  const random = seededRandom(options.seed);
  const labels = [...new Set(rows.map((row) => row.label))].sort();
  const counted = countNgrams(rows.map((row) => row.slots));
  const width = paddedWidth(labels.length);
  const chosen = chooseVocabulary(counted, {
    minimumRows: minimumRows(rows.length),
    limit: Math.floor((fileLimitBytes - 200_000) / (width + 12)),
  });
  const columns = chosen.vocabulary.hashes.length + 1;
  const entries = counted.features.length + rows.length;
  const workspace = createWorkspace(
    2 * pieceBytes(entries, 4) +
      2 * pieceBytes(columns * width, 4) +
      2 * pieceBytes(rows.length * width, 4) +
      pieceBytes(width, 4) +
      65536,
  );
  const sparse = weighRows(counted, chosen, workspace);
  const problem: LinearProblem = {
    rows: sparse,
    targets: Int32Array.from(rows, (row) => labels.indexOf(row.label)),
    pulls: Float64Array.from(rows, (row) => strength * (row.weight ?? 1)),
    classes: labels.length,
    width,
  };
  clock.end('features');
  const logits = workspace.floats(width);
  const everyRow = rows.map((_, row) => row);
  const full = createLinearState(problem, columns, workspace);
  descend(problem, full, everyRow, coldDescent, { workspace, logits, random });
  options.onProgress?.(0.3);
  clock.end('fit');

  const folds = Math.max(2, Math.min(options.folds ?? 5, rows.length));
  const foldOf = assignFolds(problem.targets, folds, random);
  const heldOut = heldOutLogits(problem, full, foldOf, folds, { workspace, logits, random, columns }, (share) =>
    options.onProgress?.(0.3 + 0.6 * share),
  );
  clock.end('folds');

  const temperature = fitTemperature({ logits: heldOut, width, classes: labels.length, targets: problem.targets });
  const unseen = heldOutUnseenShares(
    counted,
    chosen.vocabulary,
    chosen.columns,
    foldOf,
    folds,
    minimumRows(rows.length),
  );
  const judged = everyRow.map((row) => {
    const rowLogits = heldOut.subarray(row * width, row * width + labels.length);
    const { best, second } = topTwo(rowLogits);
    const probabilities = new Float64Array(labels.length);
    softmax(rowLogits, labels.length, temperature, probabilities);
    const signals = new Float64Array(signalNames.length);
    readSignals(
      rowLogits,
      best,
      second,
      { temperature, probability: probabilities[best] as number, unseenShare: unseen[row] as number },
      signals,
    );
    return { best, signals, agrees: best === problem.targets[row] };
  });
  const score = fitScoreModel(
    judged.map((row) => row.signals),
    judged.map((row) => row.agrees),
  );
  const crossScores = crossFittedScores(judged, foldOf, folds);
  const { bytes, scales } = quantiseRows(full.weights.view, columns, width);
  const student = buildStudent({
    manifest: {
      format: 'rightsize-student',
      version: formatVersion,
      labels,
      features: { count: columns - 1, unknownIdf: chosen.vocabulary.unknownIdf },
      head: 'linear',
      width,
      temperature,
      score,
      trained: { rows: rows.length, seed: options.seed, strength },
    },
    hashes: chosen.vocabulary.hashes,
    idf: chosen.vocabulary.idf,
    scales,
    weights: bytes,
  });
  clock.end('calibration');
  options.onProgress?.(1);
  return {
    student,
    outOfFold: judged.map((row, at) => ({ label: labels[row.best] as string, score: crossScores[at] as number })),
    report: {
      head: 'linear',
      heldOutAccuracy: judged.filter((row) => row.agrees).length / rows.length,
      features: columns - 1,
      bytes: student.toBytes().length,
      seconds: clock.seconds,
    },
  };
}

const strength = 10;
const coldDescent = { epochs: 30, tolerance: 0.003 };
const warmDescent = { epochs: 8, tolerance: 0.003 };

/** Among few rows, an n-gram seen once is still news. */
function minimumRows(rows: number): number {
  return rows < 200 ? 1 : 2;
}

function heldOutLogits(
  problem: LinearProblem,
  full: LinearState,
  foldOf: Int32Array,
  folds: number,
  scratch: {
    readonly workspace: Workspace;
    readonly logits: Floats;
    readonly random: Random;
    readonly columns: number;
  },
  onProgress: (share: number) => void,
): Float32Array {
  const { width, rows } = problem;
  const state = createLinearState(problem, scratch.columns, scratch.workspace);
  const result = new Float32Array(problem.targets.length * width);
  for (let fold = 0; fold < folds; fold++) {
    state.weights.view.set(full.weights.view);
    state.duals.view.set(full.duals.view);
    state.offsets.set(full.offsets);
    const held: number[] = [];
    const kept: number[] = [];
    foldOf.forEach((of, row) => {
      (of === fold ? held : kept).push(row);
    });
    removeRows(problem, state, held, scratch);
    descend(problem, state, kept, warmDescent, scratch);
    for (const row of held) {
      rowLogits(rows, row, state, width, scratch);
      result.set(scratch.logits.view, row * width);
    }
    onProgress((fold + 1) / folds);
  }
  return result;
}

function rowLogits(
  rows: SparseRows,
  row: number,
  state: LinearState,
  width: number,
  { workspace, logits }: { readonly workspace: Workspace; readonly logits: Floats },
): void {
  const start = rows.starts[row] as number;
  const count = (rows.starts[row + 1] as number) - start;
  workspace.kernels.sumRows(
    rows.indices.at + 4 * start,
    rows.values.at + 4 * start,
    count,
    state.weights.at,
    width,
    logits.at,
  );
}

/** The unseen share of each row as its fold's model sees it: n-grams are known from the rows of the other folds only. */
function heldOutUnseenShares(
  counted: CountedRows,
  vocabulary: Vocabulary,
  columns: Int32Array,
  foldOf: Int32Array,
  folds: number,
  minimum: number,
): Float64Array {
  const inFold = new Uint16Array(counted.hashes.length * folds);
  for (let row = 0; row < foldOf.length; row++)
    for (let entry = counted.starts[row] as number; entry < (counted.starts[row + 1] as number); entry++) {
      const at = (counted.features[entry] as number) * folds + (foldOf[row] as number);
      inFold[at] = (inFold[at] as number) + 1;
    }
  return Float64Array.from(foldOf, (fold, row) => {
    let known = 0;
    let unseen = 0;
    for (let entry = counted.starts[row] as number; entry < (counted.starts[row + 1] as number); entry++) {
      const feature = counted.features[entry] as number;
      const elsewhere = (counted.documentFrequency[feature] as number) - (inFold[feature * folds + fold] as number);
      const column = columns[feature] as number;
      const count = counted.counts[entry] as number;
      if (column >= 0 && elsewhere >= minimum) known += count * (vocabulary.idf[column] as number);
      else unseen += count * vocabulary.unknownIdf;
    }
    return known + unseen === 0 ? 1 : unseen / (known + unseen);
  });
}

function crossFittedScores(
  judged: readonly { readonly signals: Float64Array; readonly agrees: boolean }[],
  foldOf: Int32Array,
  folds: number,
): Float64Array {
  const scores = new Float64Array(judged.length);
  for (let fold = 0; fold < folds; fold++) {
    const others = judged.filter((_, row) => foldOf[row] !== fold);
    const model: ScoreModel = fitScoreModel(
      others.map((row) => row.signals),
      others.map((row) => row.agrees),
    );
    judged.forEach((row, at) => {
      if (foldOf[at] === fold) scores[at] = scoreOf(model, row.signals);
    });
  }
  return scores;
}

function phaseClock() {
  const seconds = { features: 0, fit: 0, folds: 0, calibration: 0 };
  let last = performance.now();
  return {
    seconds,
    end(phase: keyof typeof seconds): void {
      const now = performance.now();
      seconds[phase] += (now - last) / 1000;
      last = now;
    },
  };
}
