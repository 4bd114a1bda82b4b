import type { CurveProbe } from '../train/probe-curve.ts';
import { inBand, percent } from './table.ts';

/** What twice and four times the calls would bring, in a sentence. */
export function describeCurve({ forecasts }: CurveProbe, epsilon: number): string {
  const expected = forecasts.map(
    ({ times, rows, agreement, coverage }) =>
      `${times}× the calls (${rows} trained) about ${inBand(agreement)} agreement, ${inBand(coverage)} of the calls answerable`,
  );
  return `More calls: with ${expected.join('; with ')}; in brackets what holds in nine of ten cases, answerable so that ${percent(epsilon)} of all differ.`;
}

const width = 40;

/** The curve as bars, one line a size: `#` is agreement, `-` the band of what is expected. */
export function drawCurveBars({ sizes, forecasts }: CurveProbe): readonly string[] {
  const measured = sizes.map(({ rows, agreement }) => ({
    rows,
    band: { share: agreement, low: agreement, high: agreement },
  }));
  const expected = forecasts.map(({ rows, agreement }) => ({ rows, band: agreement }));
  return [
    'agreement by calls trained',
    ...[...measured, ...expected].map(({ rows, band }) => {
      const sure = '#'.repeat(Math.round(band.low * width));
      const open = '-'.repeat(Math.max(0, Math.round(band.high * width) - sure.length));
      const words = band.low === band.high ? percent(band.share) : `${inBand(band)} expected`;
      return `${String(rows).padStart(8)} |${(sure + open).padEnd(width)}| ${words}`;
    }),
  ];
}
