/** How the states of a text's tokens become one vector; `none` where the model does it itself. */
export type Pooling = 'none' | 'mean' | 'first';

/** States of a batch: texts × tokens × dimensions, padded to the longest text. */
export interface TokenStates {
  readonly data: Float32Array;
  /** Tokens of each text, before padding. */
  readonly lengths: readonly number[];
  readonly width: number;
  readonly dimensions: number;
}

/** One unnormalised vector a text, one behind the other: the mean of its tokens, or its first. */
export function poolStates({ data, lengths, width, dimensions }: TokenStates, pooling: 'mean' | 'first'): Float32Array {
  const vectors = new Float32Array(lengths.length * dimensions);
  for (const [text, length] of lengths.entries()) {
    const vector = vectors.subarray(text * dimensions, (text + 1) * dimensions);
    const tokens = pooling === 'first' ? Math.min(1, length) : length;
    for (let token = 0; token < tokens; token++) {
      const from = (text * width + token) * dimensions;
      for (let d = 0; d < dimensions; d++) vector[d] = (vector[d] as number) + (data[from + d] as number) / tokens;
    }
  }
  return vectors;
}

/** Scales a vector to length one, in place; zeros stay zeros. False where a number in it is none. */
export function normalise(vector: Float32Array): boolean {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (!Number.isFinite(squares)) return false;
  if (squares === 0) return true;
  const scale = 1 / Math.sqrt(squares);
  for (let d = 0; d < vector.length; d++) vector[d] = (vector[d] as number) * scale;
  return true;
}
