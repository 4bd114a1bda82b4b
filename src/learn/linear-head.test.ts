import { expect, it } from 'vitest';
import { seededRandom } from '../records/random.ts';
import { createLinearState, descend, type LinearProblem, removeRows, reweighView } from './linear-head.ts';
import { softmax } from './softmax.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

const classes = 3;
const columns = 6;
const width = 8;

/** Forty random rows of three entries and a bias, with noisy classes. */
function randomProblem(workspace: Workspace): LinearProblem {
  const random = seededRandom(5);
  const count = 40;
  const indices = workspace.integers(count * 4);
  const values = workspace.floats(count * 4);
  const squaredNorms = new Float64Array(count);
  for (let row = 0; row < count; row++)
    for (let j = 0; j < 4; j++) {
      const value = j === 3 ? 0.4 : random() + 0.1;
      indices.view[row * 4 + j] = j === 3 ? columns - 1 : (row + j * 2) % (columns - 1);
      values.view[row * 4 + j] = value;
    }
  for (let row = 0; row < count; row++) {
    const dense = denseRow(indices.view, values.view, row);
    squaredNorms[row] = dense.reduce((sum, value) => sum + value * value, 0);
  }
  return {
    rows: { starts: Int32Array.from({ length: count + 1 }, (_, row) => row * 4), indices, values, squaredNorms },
    targets: Int32Array.from({ length: count }, (_, row) => (random() < 0.3 ? Math.floor(random() * 3) : row % 3)),
    pulls: Float64Array.from({ length: count }, (_, row) => (row % 2 === 0 ? 1 : 3)),
    classes,
    width,
  };
}

function denseRow(indices: Int32Array, values: Float32Array, row: number): Float64Array {
  const dense = new Float64Array(columns);
  for (let j = row * 4; j < row * 4 + 4; j++) {
    const column = indices[j] as number;
    dense[column] = (dense[column] as number) + (values[j] as number);
  }
  return dense;
}

/** Gradient of ½‖weights‖² + Σ pull · crossEntropy by the weights: 0 at the optimum. */
function gradientLength({ rows, targets, pulls }: LinearProblem, weights: Float32Array, members: readonly number[]) {
  const gradient = Float64Array.from(weights);
  for (const row of members) {
    const dense = denseRow(rows.indices.view, rows.values.view, row);
    const logits = Array.from({ length: classes }, (_, k) =>
      dense.reduce((sum, value, column) => sum + value * (weights[column * width + k] as number), 0),
    );
    const shares = new Float64Array(classes);
    softmax(logits, classes, 1, shares);
    dense.forEach((value, column) => {
      for (let k = 0; k < classes; k++) {
        const at = column * width + k;
        const residual = (shares[k] as number) - (k === targets[row] ? 1 : 0);
        gradient[at] = (gradient[at] as number) + (pulls[row] as number) * residual * value;
      }
    });
  }
  return Math.hypot(...gradient);
}

it('dual ascent ends where the gradient of the regularised cross entropy vanishes, weighted rows included', () => {
  const workspace = createWorkspace(100_000);
  const problem = randomProblem(workspace);
  const state = createLinearState(problem, columns, workspace);
  const everyRow = Array.from(problem.targets, (_, row) => row);
  const scratch = { workspace, logits: workspace.floats(width), random: seededRandom(1) };
  const atStart = gradientLength(problem, state.weights.view, everyRow);
  descend(problem, state, everyRow, { epochs: 400, tolerance: 1e-5 }, scratch);
  expect(gradientLength(problem, state.weights.view, everyRow)).toBeLessThan(atStart / 100);
});

it('rows that were taken out leave no trace once the others have settled', () => {
  const workspace = createWorkspace(100_000);
  const problem = randomProblem(workspace);
  const everyRow = Array.from(problem.targets, (_, row) => row);
  const kept = everyRow.slice(10);
  const settings = { epochs: 400, tolerance: 1e-5 };
  const scratch = { workspace, logits: workspace.floats(width), random: seededRandom(1) };
  const warm = createLinearState(problem, columns, workspace);
  descend(problem, warm, everyRow, settings, scratch);
  removeRows(problem, warm, everyRow.slice(0, 10), scratch);
  descend(problem, warm, kept, settings, scratch);
  const cold = createLinearState(problem, columns, workspace);
  descend(problem, cold, kept, settings, scratch);
  warm.weights.view.forEach((weight, at) => {
    expect(weight).toBeCloseTo(cold.weights.view[at] as number, 1);
  });
});

it('rows that come to weigh another share are learned from where the old optimum was, to the new one', () => {
  const workspace = createWorkspace(100_000);
  const problem = randomProblem(workspace);
  const everyRow = Array.from(problem.targets, (_, row) => row);
  const settings = { epochs: 400, tolerance: 1e-5 };
  const logits = workspace.floats(width);
  const scratch = { workspace, logits, random: seededRandom(1) };
  const state = createLinearState(problem, columns, workspace);
  descend(problem, state, everyRow, settings, scratch);
  const weights = problem.pulls.map((pull, row) => (row % 5 === 0 ? pull / 100 : row % 7 === 0 ? 6 * pull : pull));
  const { problem: other } = reweighView({ problem, strength: 1, columns, workspace, logits }, state, weights);
  const before = gradientLength(other, state.weights.view, everyRow);
  descend(other, state, everyRow, settings, scratch);
  expect(gradientLength(other, state.weights.view, everyRow)).toBeLessThan(before / 20);
});
