import { type Random, shuffled } from '../records/random.ts';
import { softmax } from './softmax.ts';
import type { SparseRows } from './sparse-rows.ts';
import type { Floats, Integers, Workspace } from './workspace.ts';

/** Hidden units: enough for 150 labels, and a multiple of the kernels' eight. */
export const hiddenUnits = 256;

export interface MlpProblem {
  readonly rows: SparseRows;
  readonly targets: Int32Array;
  readonly weights: Float64Array;
  readonly classes: number;
  readonly width: number;
  readonly columns: number;
}

/** Sparse row → 256 rectified units → logits. */
export interface MlpState {
  /** columns × 256. */
  readonly first: Floats;
  /** (256 + 1) × width; the last row is the bias. */
  readonly second: Floats;
  readonly firstSquares: Float64Array;
  readonly secondSquares: Float64Array;
  readonly hidden: Floats;
  readonly activeIndices: Integers;
  readonly activeValues: Floats;
  readonly hiddenGradient: Floats;
  readonly activeGradient: Floats;
  readonly steps: Floats;
  readonly logits: Floats;
}

export function createMlpState(problem: MlpProblem, workspace: Workspace): MlpState {
  return {
    first: workspace.floats(problem.columns * hiddenUnits),
    second: workspace.floats((hiddenUnits + 1) * problem.width),
    firstSquares: new Float64Array(problem.columns),
    secondSquares: new Float64Array(hiddenUnits + 1),
    hidden: workspace.floats(hiddenUnits),
    activeIndices: workspace.integers(hiddenUnits + 1),
    activeValues: workspace.floats(hiddenUnits + 1),
    hiddenGradient: workspace.floats(hiddenUnits),
    activeGradient: workspace.floats(hiddenUnits + 1),
    steps: workspace.floats(Math.max(problem.columns, hiddenUnits + 1)),
    logits: workspace.floats(problem.width),
  };
}

export interface MlpSettings {
  readonly epochs: number;
  /** Learning rate of the first epoch; it falls to 0 in a straight line. */
  readonly rate: number;
  /** Share of hidden units that rest in each step. */
  readonly dropout: number;
}

/** Few rows want to be seen more often. */
export function mlpSettings(rows: number): MlpSettings {
  return { epochs: rows < 4000 ? 30 : 16, rate: 0.05, dropout: rows < 4000 ? 0.5 : 0.4 };
}

/**
 * Fits from scratch by stochastic gradient steps whose size is adapted row by row of each weight matrix (Adagrad with
 * one accumulator a row, as in Gupta et al. 2014's sparse embeddings), with dropout on the hidden units.
 */
export function fitMlp(
  problem: MlpProblem,
  state: MlpState,
  members: readonly number[],
  settings: MlpSettings,
  { workspace, random }: { readonly workspace: Workspace; readonly random: Random },
): void {
  initialise(problem, state, random);
  const probabilities = new Float64Array(problem.classes);
  const total = settings.epochs * members.length;
  let done = 0;
  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    for (const row of shuffled(members, random)) {
      const rate = settings.rate * (1 - done++ / total);
      const active = forward(problem.rows, row, state, problem.width, workspace, { random, dropout: settings.dropout });
      softmax(state.logits.view, problem.classes, 1, probabilities);
      const target = problem.targets[row] as number;
      const weight = problem.weights[row] as number;
      for (let k = 0; k < problem.classes; k++)
        state.logits.view[k] = weight * ((probabilities[k] as number) - (k === target ? 1 : 0));
      backward(problem, row, state, active, { rate, workspace });
    }
  }
}

/** Logits of one row, in `state.logits`. */
export function mlpLogits(problem: MlpProblem, row: number, state: MlpState, workspace: Workspace): void {
  forward(problem.rows, row, state, problem.width, workspace, null);
}

/** Lists the active hidden units, then the bias, as a sparse row; returns its entries. */
export function rectify(hidden: Float32Array, indices: Int32Array, values: Float32Array): number {
  let active = 0;
  for (let unit = 0; unit < hidden.length; unit++) {
    const value = hidden[unit] as number;
    if (value <= 0) continue;
    indices[active] = unit;
    values[active++] = value;
  }
  indices[active] = hidden.length;
  values[active] = 1;
  return active + 1;
}

function initialise(problem: MlpProblem, state: MlpState, random: Random): void {
  const { first, second } = state;
  for (let at = 0; at < first.view.length; at++) first.view[at] = (random() * 2 - 1) * 0.25;
  const spread = Math.sqrt(3 / hiddenUnits);
  for (let unit = 0; unit < hiddenUnits; unit++)
    for (let k = 0; k < problem.classes; k++) second.view[unit * problem.width + k] = (random() * 2 - 1) * spread;
  second.view.fill(0, hiddenUnits * problem.width);
  state.firstSquares.fill(0);
  state.secondSquares.fill(0);
}

function forward(
  rows: SparseRows,
  row: number,
  state: MlpState,
  width: number,
  { kernels }: Workspace,
  drop: { readonly random: Random; readonly dropout: number } | null,
): number {
  const start = rows.starts[row] as number;
  const count = (rows.starts[row + 1] as number) - start;
  const { hidden, activeIndices, activeValues } = state;
  kernels.sumRows(
    rows.indices.at + 4 * start,
    rows.values.at + 4 * start,
    count,
    state.first.at,
    hiddenUnits,
    hidden.at,
  );
  if (drop !== null) dropUnits(hidden.view, drop.random, drop.dropout);
  const active = rectify(hidden.view, activeIndices.view, activeValues.view);
  kernels.sumRows(activeIndices.at, activeValues.at, active, state.second.at, width, state.logits.at);
  return active;
}

function dropUnits(hidden: Float32Array, random: Random, dropout: number): void {
  const kept = 1 / (1 - dropout);
  for (let unit = 0; unit < hiddenUnits; unit++)
    if ((hidden[unit] as number) > 0) hidden[unit] = random() < dropout ? 0 : (hidden[unit] as number) * kept;
}

/** One step down the gradient; `state.logits` holds the gradient by the logits. */
function backward(
  problem: MlpProblem,
  row: number,
  state: MlpState,
  active: number,
  { rate, workspace }: { readonly rate: number; readonly workspace: Workspace },
): void {
  const { kernels } = workspace;
  const { rows, width } = problem;
  const { activeIndices, activeValues, activeGradient, hiddenGradient, steps, logits } = state;
  kernels.dotRows(activeIndices.at, active, state.second.at, width, logits.at, activeGradient.at);
  const outer = meanSquare(logits.view, problem.classes);
  for (let j = 0; j < active; j++) {
    const unit = activeIndices.view[j] as number;
    steps.view[j] = adaptedStep(state.secondSquares, unit, activeValues.view[j] as number, outer, rate);
  }
  kernels.addToRows(activeIndices.at, steps.at, active, state.second.at, width, logits.at);
  hiddenGradient.view.fill(0);
  for (let j = 0; j < active - 1; j++)
    hiddenGradient.view[activeIndices.view[j] as number] = activeGradient.view[j] as number;
  const inner = meanSquare(hiddenGradient.view, hiddenUnits);
  const start = rows.starts[row] as number;
  const count = (rows.starts[row + 1] as number) - start;
  for (let j = 0; j < count; j++)
    steps.view[j] = adaptedStep(
      state.firstSquares,
      rows.indices.view[start + j] as number,
      rows.values.view[start + j] as number,
      inner,
      rate,
    );
  kernels.addToRows(rows.indices.at + 4 * start, steps.at, count, state.first.at, hiddenUnits, hiddenGradient.at);
}

function adaptedStep(
  squares: Float64Array,
  index: number,
  value: number,
  gradientSquare: number,
  rate: number,
): number {
  const square = (squares[index] as number) + value * value * gradientSquare;
  squares[index] = square;
  return (-rate * value) / (Math.sqrt(square) + 1e-8);
}

function meanSquare(values: Float32Array, count: number): number {
  let sum = 0;
  for (let k = 0; k < count; k++) sum += (values[k] as number) ** 2;
  return sum / count;
}
