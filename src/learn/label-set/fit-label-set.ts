import { type Random, shuffled } from '../../records/random.ts';
import type { SparseRows } from '../sparse-rows.ts';
import type { Floats, Workspace } from '../workspace.ts';
import { sigmoid } from './label-set-head.ts';

/** One logistic model a label over the same rows; row i owns the entries starts[i] … starts[i + 1]. */
export interface LabelSetProblem {
  readonly rows: SparseRows;
  /** rows × labels: 1 where the row has the label. */
  readonly targets: Uint8Array;
  readonly rowWeights: Float64Array;
  readonly labels: number;
  readonly width: number;
  readonly columns: number;
  /** Column of the constant feature, and its value. */
  readonly bias: { readonly column: number; readonly value: number };
}

export interface LabelSetSettings {
  readonly epochs: number;
  /** Learning rate of the first epoch; it falls to 0 in a straight line. */
  readonly rate: number;
}

export interface LabelSetState {
  /** columns × width. */
  readonly weights: Floats;
  readonly squares: Float64Array;
  readonly logits: Floats;
  readonly steps: Floats;
}

export function createLabelSetState({ columns, width }: LabelSetProblem, workspace: Workspace): LabelSetState {
  return {
    weights: workspace.floats(columns * width),
    squares: new Float64Array(columns),
    logits: workspace.floats(width),
    steps: workspace.floats(columns),
  };
}

/**
 * Fits from scratch by stochastic gradient steps on the sum of the labels' cross entropies, a step adapted to each
 * column's past (Duchi et al. 2011, one accumulator a column). The constant starts at each label's share.
 */
export function fitLabelSet(
  problem: LabelSetProblem,
  state: LabelSetState,
  members: readonly number[],
  { epochs, rate }: LabelSetSettings,
  { workspace, random }: { readonly workspace: Workspace; readonly random: Random },
): void {
  const { rows, labels, width, targets } = problem;
  state.weights.view.fill(0);
  state.squares.fill(1e-3);
  startAtShares(problem, state, members);
  const total = epochs * members.length;
  let done = 0;
  for (let epoch = 0; epoch < epochs; epoch++)
    for (const row of shuffled(members, random)) {
      const now = rate * (1 - done++ / total);
      labelLogits(problem, state, row, workspace);
      let square = 0;
      for (let k = 0; k < labels; k++) {
        const gradient =
          (problem.rowWeights[row] as number) *
          (sigmoid(state.logits.view[k] as number) - (targets[row * labels + k] as number));
        state.logits.view[k] = gradient;
        square += gradient * gradient;
      }
      square /= labels;
      const start = rows.starts[row] as number;
      const count = (rows.starts[row + 1] as number) - start;
      for (let j = 0; j < count; j++) {
        const column = rows.indices.view[start + j] as number;
        const value = rows.values.view[start + j] as number;
        const past = (state.squares[column] as number) + value * value * square;
        state.squares[column] = past;
        state.steps.view[j] = (-now * value) / Math.sqrt(past);
      }
      workspace.kernels.addToRows(
        rows.indices.at + 4 * start,
        state.steps.at,
        count,
        state.weights.at,
        width,
        state.logits.at,
      );
    }
}

/** Logits of one row, in `state.logits`. */
export function labelLogits(
  { rows, width }: LabelSetProblem,
  state: LabelSetState,
  row: number,
  { kernels }: Workspace,
): void {
  const start = rows.starts[row] as number;
  kernels.sumRows(
    rows.indices.at + 4 * start,
    rows.values.at + 4 * start,
    (rows.starts[row + 1] as number) - start,
    state.weights.at,
    width,
    state.logits.at,
  );
}

function startAtShares(problem: LabelSetProblem, state: LabelSetState, members: readonly number[]): void {
  const { labels, width, targets, bias } = problem;
  for (let k = 0; k < labels; k++) {
    let positive = 0.5;
    for (const row of members) positive += targets[row * labels + k] as number;
    const odds = positive / (members.length + 1 - positive);
    state.weights.view[bias.column * width + k] = Math.log(odds) / bias.value;
  }
}
