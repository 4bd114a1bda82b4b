import { portableLog } from './portable-math.ts';
import type { CountedRows, Vocabulary } from './vocabulary.ts';
import type { Floats, Integers, Workspace } from './workspace.ts';

/** Weighted rows in a workspace. Row i owns the entries starts[i] … starts[i + 1]; the last of each is the bias. */
export interface SparseRows {
  readonly starts: Int32Array;
  readonly indices: Integers;
  readonly values: Floats;
  readonly squaredNorms: Float64Array;
}

/** The value of the constant feature at column `vocabulary.hashes.length`: each label's leaning before any word. */
export const biasValue = 0.4;

/** 1 + ln n: most n-grams come a few times at most. */
const sublinear = Float64Array.from({ length: 64 }, (_, count) => 1 + portableLog(count));

/** Entries of a row before weighing: sublinear counts times idf, grouped in blocks. */
export function termWeight(count: number, idf: number): number {
  return (sublinear[count] ?? 1 + portableLog(count)) * idf;
}

/** tf-idf of every row, each block at length 1 and the whole row (without its bias) at length 1. */
export function weighRows(
  counted: CountedRows,
  { vocabulary, columns }: { readonly vocabulary: Vocabulary; readonly columns: Int32Array },
  workspace: Workspace,
): SparseRows {
  const rows = counted.starts.length - 1;
  const starts = new Int32Array(rows + 1);
  for (let row = 0; row < rows; row++) {
    let kept = 1;
    for (let entry = counted.starts[row] as number; entry < (counted.starts[row + 1] as number); entry++)
      if ((columns[counted.features[entry] as number] as number) >= 0) kept++;
    starts[row + 1] = (starts[row] as number) + kept;
  }
  const entries = starts[rows] as number;
  const indices = workspace.integers(entries);
  const values = workspace.floats(entries);
  const squaredNorms = new Float64Array(rows);
  const norms = new BlockNorms();
  for (let row = 0; row < rows; row++) {
    let out = starts[row] as number;
    const first = out;
    norms.clear();
    for (let entry = counted.starts[row] as number; entry < (counted.starts[row + 1] as number); entry++) {
      const feature = counted.features[entry] as number;
      const column = columns[feature] as number;
      if (column < 0) continue;
      const value = termWeight(counted.counts[entry] as number, vocabulary.idf[column] as number);
      norms.add(counted.blocks[feature] as number, value);
      indices.view[out] = column;
      values.view[out++] = value;
    }
    let at = first;
    norms.finish();
    for (let entry = counted.starts[row] as number; entry < (counted.starts[row + 1] as number); entry++) {
      const feature = counted.features[entry] as number;
      if ((columns[feature] as number) < 0) continue;
      values.view[at] = (values.view[at] as number) * norms.scale(counted.blocks[feature] as number);
      at++;
    }
    indices.view[out] = vocabulary.hashes.length;
    values.view[out] = biasValue;
    squaredNorms[row] = biasValue * biasValue + (out > first ? 1 : 0);
  }
  return { starts, indices, values, squaredNorms };
}

/** Lengths of the blocks of one row, and what to multiply each block's values with. */
export class BlockNorms {
  #squares: number[] = [];
  #scales: number[] = [];

  clear(): void {
    this.#squares.fill(0);
  }

  add(block: number, value: number): void {
    while (this.#squares.length <= block) this.#squares.push(0);
    this.#squares[block] = (this.#squares[block] as number) + value * value;
  }

  finish(): void {
    const present = this.#squares.reduce((count, square) => count + (square > 0 ? 1 : 0), 0);
    this.#scales = this.#squares.map((square) => (square > 0 ? 1 / Math.sqrt(square * present) : 0));
  }

  scale(block: number): number {
    return this.#scales[block] as number;
  }
}
