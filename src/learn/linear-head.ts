import { type Random, shuffled } from '../records/random.ts';
import type { SparseRows } from './sparse-rows.ts';
import type { Floats, Workspace } from './workspace.ts';

/** What is learned from: rows, the class of each, and how much its loss may pull (strength × weight). */
export interface LinearProblem {
  readonly rows: SparseRows;
  readonly targets: Int32Array;
  readonly pulls: Float64Array;
  readonly classes: number;
  /** Columns of a weight row: `classes` padded. */
  readonly width: number;
}

/** A problem, and the memory it is solved in. */
export interface LinearView {
  readonly problem: LinearProblem;
  /** Inverse of the L2 penalty: a row's pull is its weight times this. */
  readonly strength: number;
  /** Of the weights: features and the bias. */
  readonly columns: number;
  readonly workspace: Workspace;
  /** Room for the logits of one row. */
  readonly logits: Floats;
}

/**
 * A softmax classifier on its way: weights = Σᵢ rowᵢ ⊗ dualsᵢ, always. At the optimum of
 * ½‖weights‖² + Σᵢ pullᵢ · crossEntropyᵢ, dualsᵢ = pullᵢ · (oneHotᵢ − softmaxᵢ).
 */
export interface LinearState {
  readonly weights: Floats;
  readonly duals: Floats;
  /** Where the search for a row's softmax ended last; NaN before the first visit. */
  readonly offsets: Float64Array;
}

export interface DescentSettings {
  readonly epochs: number;
  /** Stop when the rows' mean move, as a share of their pull, is below this. */
  readonly tolerance: number;
}

/** Bytes of workspace that a state of this problem takes. */
export function createLinearState(problem: LinearProblem, columns: number, workspace: Workspace): LinearState {
  return {
    weights: workspace.floats(columns * problem.width),
    duals: workspace.floats(problem.targets.length * problem.width),
    offsets: new Float64Array(problem.targets.length).fill(Number.NaN),
  };
}

/**
 * Dual coordinate ascent for L2-regularised multinomial logistic regression: each visit solves one row's dual exactly
 * while the others rest, so there is no learning rate (Shalev-Shwartz & Zhang 2013, Prox-SDCA; row solution by Newton).
 * Returns the epochs taken. A state fitted elsewhere is a valid start, also after rows were taken out of it.
 */
export function descend(
  problem: LinearProblem,
  state: LinearState,
  members: readonly number[],
  settings: DescentSettings,
  { workspace, logits, random }: { readonly workspace: Workspace; readonly logits: Floats; readonly random: Random },
): number {
  const { rows, classes, width } = problem;
  const { kernels } = workspace;
  const solver = new RowSolver(classes);
  const lastMove = new Float64Array(problem.targets.length).fill(1);
  for (let epoch = 1; epoch <= settings.epochs; epoch++) {
    const isFull = epoch % fullEvery === 1;
    let moved = 0;
    for (const row of shuffled(members, random)) {
      if (!isFull && (lastMove[row] as number) < settings.tolerance) continue;
      const start = rows.starts[row] as number;
      const count = (rows.starts[row + 1] as number) - start;
      const indices = rows.indices.at + 4 * start;
      const values = rows.values.at + 4 * start;
      kernels.sumRows(indices, values, count, state.weights.at, width, logits.at);
      const move = solver.solve(problem, state, row, logits.view);
      lastMove[row] = move;
      moved += move;
      if (move > skippedMove) kernels.addToRows(indices, values, count, state.weights.at, width, logits.at);
    }
    if (moved / Math.max(1, members.length) < settings.tolerance) return epoch;
  }
  return settings.epochs;
}

/** Rows that hardly moved rest until the next of every four epochs. */
const fullEvery = 4;

/** Smaller moves of a row, as a share of its pull, are not worth a pass over its weights. */
const skippedMove = 1e-3;

/** Takes rows out of a state, as if their duals were 0. */
export function removeRows(
  problem: LinearProblem,
  state: LinearState,
  members: readonly number[],
  { workspace, logits }: { readonly workspace: Workspace; readonly logits: Floats },
): void {
  const { rows, width } = problem;
  for (const row of members) {
    const start = rows.starts[row] as number;
    const count = (rows.starts[row + 1] as number) - start;
    for (let k = 0; k < width; k++) {
      logits.view[k] = -(state.duals.view[row * width + k] as number);
      state.duals.view[row * width + k] = 0;
    }
    workspace.kernels.addToRows(
      rows.indices.at + 4 * start,
      rows.values.at + 4 * start,
      count,
      state.weights.at,
      width,
      logits.at,
    );
    state.offsets[row] = Number.NaN;
  }
}

/**
 * The view under other weights. The state is left where it is, a valid start for the new optimum: duals scaled with their
 * pulls would be a worse one, far from both.
 */
export function reweighView<View extends LinearView>(view: View, state: LinearState, weights: Float64Array): View {
  const { problem, strength } = view;
  const pulls = weights.map((weight) => strength * weight);
  pulls.forEach((pull, row) => {
    if (pull !== problem.pulls[row]) state.offsets[row] = Number.NaN;
  });
  return { ...view, problem: { ...problem, pulls } };
}

/** One row's logits, in the view's `logits`. */
export function linearLogits({ problem, workspace, logits }: LinearView, row: number, state: LinearState): void {
  const { rows, width } = problem;
  const start = rows.starts[row] as number;
  workspace.kernels.sumRows(
    rows.indices.at + 4 * start,
    rows.values.at + 4 * start,
    (rows.starts[row + 1] as number) - start,
    state.weights.at,
    width,
    logits.at,
  );
}

/** Finds one row's new dual; scratch memory is kept between rows. */
class RowSolver {
  readonly #classes: number;
  readonly inputs: Float64Array;
  readonly powers: Float64Array;
  readonly shares: Float64Array;

  constructor(classes: number) {
    this.#classes = classes;
    this.inputs = new Float64Array(classes);
    this.powers = new Float64Array(classes);
    this.shares = new Float64Array(classes);
  }

  /**
   * Solves p = softmax(logits − q·dual + κ·(oneHot − p)) for p, with q the row's squared length and κ = q · pull, then
   * writes the dual's change over the logits. Returns the largest change as a share of the pull.
   */
  solve(problem: LinearProblem, state: LinearState, row: number, logits: Float32Array): number {
    const classes = this.#classes;
    const at = row * problem.width;
    const pull = problem.pulls[row] as number;
    const target = problem.targets[row] as number;
    const squaredNorm = problem.rows.squaredNorms[row] as number;
    const stiffness = squaredNorm * pull;
    const duals = state.duals.view;
    const { inputs, shares } = this;
    let largest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) {
      const input = (logits[k] as number) - squaredNorm * (duals[at + k] as number) + (k === target ? stiffness : 0);
      inputs[k] = input;
      if (input > largest) largest = input;
    }
    const known = state.offsets[row] as number;
    state.offsets[row] = normalisingOffset(this, stiffness, Number.isNaN(known) ? largest - stiffness : known);
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += shares[k] as number;
    const scale = -pull / sum;
    let move = 0;
    for (let k = 0; k < classes; k++) {
      const dual = scale * (shares[k] as number) + (k === target ? pull : 0);
      const change = dual - (duals[at + k] as number);
      duals[at + k] = dual;
      logits[k] = change;
      const size = change < 0 ? -change : change;
      if (size > move) move = size;
    }
    return move / pull;
  }
}

/**
 * The offset ν for which the shares pₖ with ln pₖ + κ·pₖ = inputₖ − ν sum to 1, by Newton on the logarithm of the sum;
 * fills `shares` with them. `powers` is scratch.
 */
function normalisingOffset(
  { inputs, powers, shares }: Readonly<Record<'inputs' | 'powers' | 'shares', Float64Array>>,
  stiffness: number,
  start: number,
): number {
  const classes = inputs.length;
  for (let k = 0; k < classes; k++) {
    const x = (inputs[k] as number) - start;
    powers[k] = x < -20 ? 0 : Math.exp(Math.min(x, 600));
  }
  let offset = start;
  let factor = 1;
  for (let step = 0; ; step++) {
    let sum = 0;
    let slope = 0;
    for (let k = 0; k < classes; k++) {
      const power = (powers[k] as number) * factor;
      const scaled = stiffness * power;
      const share =
        scaled < 0.1
          ? power * (1 - scaled * (1 - 1.5 * scaled))
          : solveShare((inputs[k] as number) - offset, stiffness);
      shares[k] = share;
      sum += share;
      slope += share / (1 + stiffness * share);
    }
    if (Math.abs(sum - 1) < 1e-3 || step === mostSolverSteps) return offset;
    offset += sum > 0 ? (sum * Math.log(sum)) / slope : -1;
    factor = Math.exp(start - offset);
  }
}

const mostSolverSteps = 12;

/** p with ln p + κ·p = x: κp is Wright's omega function of x + ln κ; a first guess and Newton steps on it. */
function solveShare(x: number, stiffness: number): number {
  const y = x + Math.log(stiffness);
  let omega = y > 1.5 ? y - Math.log(y) : Math.exp(y) / (1 + 0.8 * Math.exp(y * 0.8)) + 1e-12;
  for (let step = 0; step < 3; step++) {
    const next = Math.max(1e-12, (omega * (1 + y - Math.log(omega))) / (1 + omega));
    const isClose = Math.abs(next - omega) < 1e-3 * next;
    omega = next;
    if (isClose) break;
  }
  return omega / stiffness;
}
