import { seededRandom } from '../records/random.ts';
import { createLinearState, descend, type LinearView, reweighView } from './linear-head.ts';
import { neighboursOutOfFold, rememberRows } from './neighbours.ts';
import { type Folds, type LinearFit, linearOutOfFold } from './out-of-fold.ts';
import type { TrainingSet } from './training-set.ts';
import { type VectorView, vectorView } from './vector-view.ts';

/** Inverse of the L2 penalty. Between 10 and 30, held-out rows of a dozen kinds did not care (docs/experiments.md). */
export const wordsStrength = 20;
const descent = { epochs: 30, tolerance: 0.003 };
export const foldDescent = { epochs: 8, tolerance: 0.003 };

/** A linear head of all rows, and what its folds' models say to the rows that they hold out. */
export interface LearnedLinear<View extends LinearView = LinearView> extends LinearFit<View> {
  /** Logits, rows × width. */
  readonly outOfFold: Float32Array;
}

/** The head over n-grams. `onFitted` is told when the whole is learned and the folds are to come. */
export function learnWords(set: TrainingSet, folds: Folds, seed: number, onFitted: () => void): LearnedLinear {
  const { rows, targets, width, columns, workspace, logits } = set;
  const pulls = set.weights.map((weight) => wordsStrength * weight);
  const problem = { rows, targets, pulls, classes: set.labels.length, width };
  return learnLinear({ problem, strength: wordsStrength, columns, workspace, logits }, folds, seed, onFitted);
}

/** What vectors add: a linear head over them, and the remembered rows. */
export interface LearnedVectors {
  readonly linear: LearnedLinear<VectorView>;
  readonly remembered: ReturnType<typeof rememberRows>;
  readonly neighbours: ReturnType<typeof neighboursOutOfFold>;
}

export function learnVectors(
  set: TrainingSet,
  vectors: readonly Float32Array[],
  folds: Folds,
  seed: number,
): LearnedVectors {
  const linear = learnLinear(vectorView(vectors, set), folds, seed);
  const remembered = rememberRows(vectors, set.targets, seededRandom(seed));
  const neighbours = neighboursOutOfFold(remembered, vectors, { ...folds, support: set.support, width: set.width });
  return { linear, remembered, neighbours };
}

function learnLinear<View extends LinearView>(
  view: View,
  folds: Folds,
  seed: number,
  onFitted: () => void = () => {},
): LearnedLinear<View> {
  const random = seededRandom(seed);
  const { problem, columns, workspace, logits } = view;
  const state = createLinearState(problem, columns, workspace);
  const everyRow = Array.from(problem.targets, (_, row) => row);
  descend(problem, state, everyRow, descent, { workspace, logits, random });
  onFitted();
  const fit = { view, state, foldState: createLinearState(problem, columns, workspace) };
  return { ...fit, outOfFold: linearOutOfFold(fit, folds, { descent: foldDescent, random }) };
}

/** Moves a head of all rows to its optimum under other weights. */
export function refitWhole({ view, state }: LinearFit, weights: Float64Array, seed: number): void {
  const { problem, workspace, logits } = reweighView(view, state, weights);
  const everyRow = Array.from(problem.targets, (_, row) => row);
  descend(problem, state, everyRow, descent, { workspace, logits, random: seededRandom(seed) });
}
