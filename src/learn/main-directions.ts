import { seededRandom } from '../records/random.ts';

/** Rows that say well enough where vectors lie; of more, evenly spaced ones are looked at. */
const enoughRows = 2000;
const rounds = 6;

/**
 * The `count` directions that hold most of the vectors' squares (principal components about the origin), orthonormal,
 * dimensions × count, by subspace iteration: near enough for a projection that keeps distances.
 */
export function mainDirections(vectors: readonly Float32Array[], dimensions: number, count: number): Float64Array {
  const square = meanSquares(vectors, dimensions);
  const random = seededRandom(dimensions);
  let basis: Float64Array = Float64Array.from({ length: dimensions * count }, () => random() - 0.5);
  orthonormalise(basis, dimensions, count);
  for (let round = 0; round < rounds; round++) {
    basis = multiply(square, basis, dimensions, count);
    orthonormalise(basis, dimensions, count);
  }
  return basis;
}

/** Mean of vector ⊗ vector, and a little of every direction, so that no rank is missing. */
function meanSquares(vectors: readonly Float32Array[], dimensions: number): Float64Array {
  const result = new Float64Array(dimensions * dimensions);
  const stride = Math.ceil(vectors.length / enoughRows);
  for (let row = 0; row < vectors.length; row += stride) {
    const vector = vectors[row] as Float32Array;
    for (let i = 0; i < dimensions; i++) {
      const value = vector[i] as number;
      const at = i * dimensions;
      for (let j = 0; j <= i; j++) result[at + j] = (result[at + j] as number) + value * (vector[j] as number);
    }
  }
  for (let i = 0; i < dimensions; i++) {
    for (let j = 0; j < i; j++) result[j * dimensions + i] = result[i * dimensions + j] as number;
    result[i * dimensions + i] = (result[i * dimensions + i] as number) + 1e-3;
  }
  return result;
}

function multiply(square: Float64Array, basis: Float64Array, dimensions: number, count: number): Float64Array {
  const result = new Float64Array(dimensions * count);
  for (let i = 0; i < dimensions; i++)
    for (let d = 0; d < dimensions; d++) {
      const value = square[i * dimensions + d] as number;
      const from = d * count;
      const to = i * count;
      for (let c = 0; c < count; c++) result[to + c] = (result[to + c] as number) + value * (basis[from + c] as number);
    }
  return result;
}

/** Modified Gram–Schmidt on the columns. */
function orthonormalise(basis: Float64Array, dimensions: number, count: number): void {
  const columns = Array.from({ length: count }, (_, c) =>
    Float64Array.from({ length: dimensions }, (_, d) => basis[d * count + c] as number),
  );
  columns.forEach((column, c) => {
    for (const earlier of columns.slice(0, c)) {
      const shared = dot(column, earlier);
      for (let d = 0; d < dimensions; d++) column[d] = (column[d] as number) - shared * (earlier[d] as number);
    }
    const length = Math.sqrt(dot(column, column));
    for (let d = 0; d < dimensions; d++) {
      column[d] = length > 1e-12 ? (column[d] as number) / length : 0;
      basis[d * count + c] = column[d] as number;
    }
  });
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < left.length; d++) sum += (left[d] as number) * (right[d] as number);
  return sum;
}
