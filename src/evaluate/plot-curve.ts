import type { CurvePoint } from './coverage-curve.ts';

export interface PlotOptions {
  /** Characters between the axes; 60 × 10 unless told. */
  readonly width?: number;
  readonly height?: number;
  /** Drawn as a column of bars: the share of calls that the certified threshold answers. */
  readonly certifiedCoverage?: number | null;
}

/** The coverage–agreement curve in plain characters, one string a line: agreement upwards, coverage to the right. */
export function plotCurve(curve: readonly CurvePoint[], options: PlotOptions = {}): readonly string[] {
  const { width = 60, height = 10, certifiedCoverage = null } = options;
  if (curve.length === 0) return ['(no rows to draw)'];
  const bottom = Math.floor(Math.min(0.99, ...curve.map((point) => point.agreement)) * 20) / 20;
  const canvas = Array.from({ length: height }, () => Array.from({ length: width }, () => ' '));
  if (certifiedCoverage !== null) {
    const column = columnOf(certifiedCoverage, width);
    for (const line of canvas) line[column] = '|';
  }
  for (let column = 0; column < width; column++) {
    const point = pointAt(curve, (column + 1) / width);
    const row = Math.round(((1 - point.agreement) / (1 - bottom)) * (height - 1));
    const line = canvas[Math.min(height - 1, row)];
    if (line) line[column] = '*';
  }
  const axis = canvas.map((line, row) => {
    const isLabelled = row === 0 || row === height - 1 || row === Math.floor((height - 1) / 2);
    const value = 1 - (row / (height - 1)) * (1 - bottom);
    return `${(isLabelled ? percent(value) : '').padStart(6)} |${line.join('').trimEnd()}`;
  });
  return [
    'agreement among the answered',
    ...axis,
    `${' '.repeat(7)}+${'-'.repeat(width)}`,
    `${' '.repeat(8)}0%${'share of calls answered'.padStart(Math.floor(width / 2) + 10).padEnd(width - 6)}100%`,
    ...(certifiedCoverage === null
      ? []
      : [`${' '.repeat(8)}| = certified: ${percent(certifiedCoverage)} of the calls`]),
  ];
}

function columnOf(coverage: number, width: number): number {
  return Math.max(0, Math.min(width - 1, Math.ceil(coverage * width) - 1));
}

/** The first point that covers at least as much; the last one covers everything. */
function pointAt(curve: readonly CurvePoint[], coverage: number): CurvePoint {
  return curve.find((point) => point.coverage >= coverage - 1e-9) ?? (curve.at(-1) as CurvePoint);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0.9995 ? 0 : 1)}%`;
}
