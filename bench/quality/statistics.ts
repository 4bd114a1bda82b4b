/** Mean and spread of one figure over its seeds. */
export interface Spread {
  readonly mean: number;
  readonly least: number;
  readonly most: number;
  readonly runs: number;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

export function spreadOf(values: readonly number[]): Spread {
  return { mean: mean(values), least: Math.min(...values), most: Math.max(...values), runs: values.length };
}

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** 95 % interval of the mean of paired differences, one a call, by the normal approximation. */
export function pairedInterval(differences: readonly number[]): Interval {
  const centre = mean(differences);
  const variance = differences.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (differences.length - 1);
  const half = 1.96 * Math.sqrt(variance / differences.length);
  return { mean: centre, low: centre - half, high: centre + half };
}
