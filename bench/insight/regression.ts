export interface WeighedRow {
  readonly x: readonly number[];
  readonly y: number;
  readonly weight: number;
}

/** Weighted least squares with a squared penalty on every coefficient but the first, by Gauss–Jordan elimination. */
export function ridge(rows: readonly WeighedRow[], penalty: number): readonly number[] {
  const size = rows[0]?.x.length ?? 0;
  const matrix = Array.from({ length: size }, (_, a) =>
    Array.from({ length: size + 1 }, (_, b) => (a === b && a > 0 ? penalty : 0)),
  );
  for (const { x, y, weight } of rows)
    for (let a = 0; a < size; a++)
      for (let b = 0; b <= size; b++)
        at(matrix, a)[b] = (at(matrix, a)[b] ?? 0) + weight * (x[a] ?? 0) * (b < size ? (x[b] ?? 0) : y);
  for (let pivot = 0; pivot < size; pivot++) {
    const row = at(matrix, pivot).map((value) => value / (matrix[pivot]?.[pivot] ?? 1));
    for (let other = 0; other < size; other++) {
      const factor = matrix[other]?.[pivot] ?? 0;
      if (other !== pivot) matrix[other] = at(matrix, other).map((value, i) => value - factor * (row[i] ?? 0));
    }
    matrix[pivot] = row;
  }
  return matrix.map((row) => row[size] as number);
}

function at(matrix: number[][], row: number): number[] {
  return matrix[row] as number[];
}

/** Spearman's; ties share their mean rank. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [ranksOf(a), ranksOf(b)];
  const middle = (a.length - 1) / 2;
  const sum = (of: (i: number) => number): number => x.reduce((total, _, i) => total + of(i), 0);
  const fromMiddle = (ranks: readonly number[], i: number): number => (ranks[i] as number) - middle;
  return (
    sum((i) => fromMiddle(x, i) * fromMiddle(y, i)) /
    Math.sqrt(sum((i) => fromMiddle(x, i) ** 2) * sum((i) => fromMiddle(y, i) ** 2))
  );
}

function ranksOf(values: readonly number[]): readonly number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2);
}
