import type { LinearView } from './linear-head.ts';
import { biasValue } from './sparse-rows.ts';
import type { TrainingSet } from './training-set.ts';
import { createWorkspace, pieceBytes } from './workspace.ts';

/** How vectors are laid before the linear head: centred, then scaled to a mean square length of 1. */
interface VectorFrame {
  readonly mean: Float64Array;
  readonly scale: number;
}

export interface VectorView extends LinearView {
  readonly frame: VectorFrame;
}

/**
 * Inverse of the L2 penalty of the vector's head. Chosen by cross-validation on the training rows of ten tasks: 20 is
 * overconfident where labels are noisy, 2 too timid where they are many (docs/experiments.md).
 */
const vectorStrength = 5;

/** The vectors of the training rows as dense rows of a linear problem in memory of its own. */
export function vectorView(vectors: readonly Float32Array[], set: TrainingSet): VectorView {
  const dimensions = vectors[0]?.length ?? 0;
  const perRow = dimensions + 1;
  const rows = vectors.length;
  const workspace = createWorkspace(
    2 * pieceBytes(rows * perRow, 4) +
      2 * pieceBytes(perRow * set.width, 4) +
      2 * pieceBytes(rows * set.width, 4) +
      pieceBytes(set.width, 4),
  );
  const frame = frameOf(vectors, dimensions);
  const indices = workspace.integers(rows * perRow);
  const values = workspace.floats(rows * perRow);
  const squaredNorms = new Float64Array(rows);
  vectors.forEach((vector, row) => {
    let square = biasValue * biasValue;
    for (let d = 0; d < dimensions; d++) {
      const value = ((vector[d] as number) - (frame.mean[d] as number)) * frame.scale;
      indices.view[row * perRow + d] = d;
      values.view[row * perRow + d] = value;
      square += value * value;
    }
    indices.view[row * perRow + dimensions] = dimensions;
    values.view[row * perRow + dimensions] = biasValue;
    squaredNorms[row] = square;
  });
  const starts = Int32Array.from({ length: rows + 1 }, (_, row) => row * perRow);
  return {
    frame,
    strength: vectorStrength,
    columns: perRow,
    workspace,
    logits: workspace.floats(set.width),
    problem: {
      rows: { starts, indices, values, squaredNorms },
      targets: set.targets,
      pulls: set.weights.map((weight) => vectorStrength * weight),
      classes: set.labels.length,
      width: set.width,
    },
  };
}

function frameOf(vectors: readonly Float32Array[], dimensions: number): VectorFrame {
  const mean = new Float64Array(dimensions);
  for (const vector of vectors)
    for (let d = 0; d < dimensions; d++) mean[d] = (mean[d] as number) + (vector[d] as number) / vectors.length;
  let square = 0;
  for (const vector of vectors)
    for (let d = 0; d < dimensions; d++) square += ((vector[d] as number) - (mean[d] as number)) ** 2 / vectors.length;
  return { mean, scale: square > 1e-12 ? 1 / Math.sqrt(square) : 1 };
}

/** The head's weights for vectors as they come: (dimensions + 1) × width, the last row added to every input. */
export function unframedWeights({ frame, columns, problem }: VectorView, weights: Float32Array): Float32Array {
  const { width } = problem;
  const dimensions = columns - 1;
  const result = new Float32Array(columns * width);
  for (let k = 0; k < width; k++) {
    let constant = biasValue * (weights[dimensions * width + k] as number);
    for (let d = 0; d < dimensions; d++) {
      const weight = (weights[d * width + k] as number) * frame.scale;
      result[d * width + k] = weight;
      constant -= (frame.mean[d] as number) * weight;
    }
    result[dimensions * width + k] = constant;
  }
  return result;
}
