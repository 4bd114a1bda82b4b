/** The state of a process at one moment. */
export interface Sample {
  readonly atMs: number;
  readonly megabytes: number;
  readonly sockets: number;
  /** Open files, sockets among them. */
  readonly handles: number;
}

const hourMs = 3_600_000;

/** Least squares over the second half, when caches and pools are full; NaN where there are fewer than three samples. */
export function slopePerHour(samples: readonly Sample[], figure: (sample: Sample) => number): number {
  const late = samples.slice(Math.floor(samples.length / 2));
  if (late.length < 3) return Number.NaN;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanAt = mean(late.map(({ atMs }) => atMs));
  const meanFigure = mean(late.map(figure));
  const above = late.reduce((sum, each) => sum + (each.atMs - meanAt) * (figure(each) - meanFigure), 0);
  return (above / late.reduce((sum, { atMs }) => sum + (atMs - meanAt) ** 2, 0)) * hourMs;
}
