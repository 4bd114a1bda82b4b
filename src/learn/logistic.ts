import { portableExp } from './portable-math.ts';

/** A logistic model over standardised inputs. */
export interface LogisticModel {
  readonly intercept: number;
  readonly weights: readonly number[];
  readonly means: readonly number[];
  readonly deviations: readonly number[];
}

/** Strength of the pull of each weight towards 0, in rows. */
const ridge = 1;
const mostSteps = 25;
const mostHalvings = 12;

export function logisticProbability(model: LogisticModel, inputs: Float64Array): number {
  let sum = model.intercept;
  for (let j = 0; j < model.weights.length; j++)
    sum +=
      ((model.weights[j] as number) * ((inputs[j] as number) - (model.means[j] as number))) /
      (model.deviations[j] as number);
  return 1 / (1 + portableExp(-Math.max(-30, Math.min(30, sum))));
}

/**
 * Logistic regression with a small ridge, on targets softened as by Platt (1999) so that no probability is ever 0 or 1.
 * Where `directions` is 1 or −1, a weight of the other sign is noise and set to 0.
 */
export function fitLogistic(
  rows: readonly Float64Array[],
  outcomes: readonly boolean[],
  directions: readonly number[],
): LogisticModel {
  const { means, deviations } = moments(rows, directions.length);
  const size = directions.length + 1;
  const inputs = new Float64Array(rows.length * size);
  rows.forEach((row, i) => {
    inputs[i * size] = 1;
    for (let j = 1; j < size; j++)
      inputs[i * size + j] = ((row[j - 1] as number) - (means[j - 1] as number)) / (deviations[j - 1] as number);
  });
  const active = Array.from({ length: size }, () => true);
  for (;;) {
    const solution = newton(inputs, outcomes, active);
    const claims = directions.map((direction, j) => direction * (solution[j + 1] as number));
    const worst = Math.min(...claims);
    if (worst >= 0) return { intercept: solution[0] as number, weights: [...solution.subarray(1)], means, deviations };
    // One at a time: of inputs that say nearly the same, one turns the other's sign.
    active[claims.indexOf(worst) + 1] = false;
  }
}

function moments(rows: readonly Float64Array[], width: number): { means: number[]; deviations: number[] } {
  const count = Math.max(1, rows.length);
  const means = new Array<number>(width).fill(0);
  const squares = new Array<number>(width).fill(0);
  for (const row of rows) for (let j = 0; j < width; j++) means[j] = (means[j] as number) + (row[j] as number) / count;
  for (const row of rows)
    for (let j = 0; j < width; j++)
      squares[j] = (squares[j] as number) + ((row[j] as number) - (means[j] as number)) ** 2 / count;
  return { means, deviations: squares.map((square) => (square > 1e-12 ? Math.sqrt(square) : 1)) };
}

/** Newton's method from the outcomes' share; a step is bounded, so that separable rows end in a finite place. */
function newton(inputs: Float64Array, outcomes: readonly boolean[], active: readonly boolean[]): Float64Array {
  const size = active.length;
  const positives = outcomes.reduce((sum, outcome) => sum + (outcome ? 1 : 0), 0);
  const negatives = outcomes.length - positives;
  const targets = { high: (positives + 1) / (positives + 2), low: 1 / (negatives + 2) };
  const solution = new Float64Array(size);
  solution[0] = Math.log((positives + 1) / (negatives + 1));
  for (let step = 0; step < mostSteps; step++) {
    const move = newtonMove(inputs, outcomes, active, solution, targets);
    const largest = stepDown(solution, move, (at) => loss(inputs, outcomes, at, targets));
    if (largest < 1e-5) break;
  }
  return solution;
}

/** Moves along a bounded step, halved until the loss falls; returns the largest part of what was moved. */
function stepDown(solution: Float64Array, move: Float64Array, lossAt: (at: Float64Array) => number): number {
  const before = lossAt(solution);
  const start = solution.slice();
  const longest = move.reduce((most, part) => Math.max(most, Math.abs(part)), 0);
  let length = Math.min(1, 4 / Math.max(longest, 1e-12));
  for (let halving = 0; halving < mostHalvings; halving++, length /= 2) {
    solution.forEach((_, j) => {
      solution[j] = (start[j] as number) + length * (move[j] as number);
    });
    if (lossAt(solution) <= before) return length * longest;
  }
  solution.set(start);
  return 0;
}

/** What `newtonMove` goes down: cross entropy and ridge. */
function loss(
  inputs: Float64Array,
  outcomes: readonly boolean[],
  solution: Float64Array,
  targets: { readonly high: number; readonly low: number },
): number {
  const size = solution.length;
  let total = 0;
  for (let j = 1; j < size; j++) total += (ridge / 2) * (solution[j] as number) ** 2;
  for (let i = 0; i < outcomes.length; i++) {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += (solution[j] as number) * (inputs[i * size + j] as number);
    const target = outcomes[i] ? targets.high : targets.low;
    total += Math.max(sum, 0) + Math.log1p(Math.exp(-Math.abs(sum))) - target * sum;
  }
  return total;
}

function newtonMove(
  inputs: Float64Array,
  outcomes: readonly boolean[],
  active: readonly boolean[],
  solution: Float64Array,
  targets: { readonly high: number; readonly low: number },
): Float64Array {
  const size = active.length;
  const gradient = new Float64Array(size);
  const hessian = new Float64Array(size * size);
  for (let i = 0; i < outcomes.length; i++) {
    const at = i * size;
    let sum = 0;
    for (let j = 0; j < size; j++) sum += (solution[j] as number) * (inputs[at + j] as number);
    const probability = 1 / (1 + Math.exp(-sum));
    const residual = (outcomes[i] ? targets.high : targets.low) - probability;
    const curvature = Math.max(1e-9, probability * (1 - probability));
    for (let j = 0; j < size; j++) {
      const input = inputs[at + j] as number;
      gradient[j] = (gradient[j] as number) + residual * input;
      for (let k = 0; k <= j; k++)
        hessian[j * size + k] = (hessian[j * size + k] as number) + curvature * input * (inputs[at + k] as number);
    }
  }
  for (let j = 0; j < size; j++) {
    const pull = j === 0 ? 1e-6 : ridge;
    gradient[j] = active[j] ? (gradient[j] as number) - (j === 0 ? 0 : ridge * (solution[j] as number)) : 0;
    hessian[j * size + j] = (hessian[j * size + j] as number) + pull;
    if (!active[j]) for (let k = 0; k < size; k++) hessian[Math.max(j, k) * size + Math.min(j, k)] = j === k ? 1 : 0;
  }
  return solveSymmetric(hessian, gradient);
}

/** Solves a positive definite system by Cholesky; reads the lower triangle only. */
export function solveSymmetric(matrix: Float64Array, vector: Float64Array): Float64Array {
  const size = vector.length;
  const factor = Float64Array.from(matrix);
  const entry = (i: number, j: number): number => factor[i * size + j] as number;
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let sum = entry(i, j);
      for (let k = 0; k < j; k++) sum -= entry(i, k) * entry(j, k);
      factor[i * size + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / entry(j, j);
    }
  const solution = Float64Array.from(vector);
  for (let i = 0; i < size; i++) {
    let sum = solution[i] as number;
    for (let k = 0; k < i; k++) sum -= entry(i, k) * (solution[k] as number);
    solution[i] = sum / entry(i, i);
  }
  for (let i = size - 1; i >= 0; i--) {
    let sum = solution[i] as number;
    for (let k = i + 1; k < size; k++) sum -= entry(k, i) * (solution[k] as number);
    solution[i] = sum / entry(i, i);
  }
  return solution;
}
