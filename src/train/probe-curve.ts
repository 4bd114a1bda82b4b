import { type Band, bandOf } from '../learn/band.ts';
import { coverageAt, coveragesOf, learnSelectivity, type Outcome } from '../learn/coverage-law.ts';
import type { TrainingRow } from '../learn/student-contract.ts';
import { type Random, seededRandom, shuffled } from '../records/random.ts';
import { type CurvePoint, forecastShares } from './forecast-curve.ts';
import type { Trainer, TrainingJob, TrainingOutcome } from './trainer.ts';

/** What students did that learned from so many rows, on rows they did not learn from. */
export interface CurveSize {
  readonly rows: number;
  /** Share of the judged rows in which the student said what the teacher said. */
  readonly agreement: number;
  /** Share of the judged rows that it could have answered so that at most ε of all differ; hindsight, no certificate. */
  readonly coverage: number;
  readonly judged: number;
}

export interface CurveForecast {
  /** How many times the rows there are. */
  readonly times: number;
  readonly rows: number;
  readonly agreement: Band;
  readonly coverage: Band;
}

export interface CurveProbe {
  /** Smallest first; the last is the student itself, judged out of fold. */
  readonly sizes: readonly CurveSize[];
  readonly forecasts: readonly CurveForecast[];
}

export interface ProbeOptions {
  readonly job: TrainingJob;
  /** What came of that job; its out-of-fold rows are the curve's last point. */
  readonly whole: Pick<TrainingOutcome, 'outOfFold'>;
  readonly trainer: Trainer;
  readonly epsilon: number;
  /** Whether two canonical answers are the same to the application; equal texts where left out. */
  readonly isSame?: (a: string, b: string) => boolean;
}

/**
 * A share of the rows, and how many samples of that size are trained on: together two trainings of the whole. Answers of
 * several fields take longer to learn, and have one sample of each size.
 */
const plan = [
  { share: 1 / 8, samples: 4 },
  { share: 1 / 4, samples: 3 },
  { share: 1 / 2, samples: 2 },
];
const fewestRows = 16;
const mostJudged = 1500;
/** Of more rows a sample so large is probed: the smaller sizes tell the shape, and larger ones cost minutes. */
const mostRows = 4000;
const timesMore = [2, 4];
/** Share of the rows that an out-of-fold model learned from: between two thirds and nine tenths, by their number and kind. */
const outOfFoldShare = 0.85;

/**
 * The learning curve of a task: linear students on an eighth, a quarter and a half of the rows, each judged on rows it
 * did not learn from, and what twice and four times the rows would bring.
 */
export async function probeCurve(options: ProbeOptions): Promise<CurveProbe> {
  const { job, whole, trainer, epsilon, isSame = Object.is } = options;
  const { rows, seed } = job;
  const random = seededRandom(seed);
  const sizes: CurveSize[] = [];
  for (const { share, samples } of plan) {
    const count = Math.round(Math.min(rows.length, mostRows) * share);
    if (count < fewestRows) continue;
    const outcomes: Outcome[] = [];
    for (let sample = 0; sample < (job.kind === 'label' ? samples : 1); sample++) {
      const { learned, judged } = drawSample(rows, count, random);
      const { student } = await trainer.train({ ...job, rows: learned, seed: seed + sample, head: 'linear' });
      for (const { slots, label, vector } of judged) {
        const prediction = student.predict(slots, vector);
        outcomes.push({ score: prediction.score, agrees: isSame(prediction.label, label) });
      }
    }
    sizes.push(measure(count, outcomes, epsilon));
  }
  const own = whole.outOfFold.map(({ label, score }, i) => ({ score, agrees: isSame(label, rows[i]?.label ?? '') }));
  sizes.push(measure(rows.length, own, epsilon));
  const start = 1 - mostFrequentShare(rows);
  return { sizes, forecasts: timesMore.map((times) => forecast(sizes, { times, start, epsilon })) };
}

function drawSample(
  rows: readonly TrainingRow[],
  count: number,
  random: Random,
): { readonly learned: readonly TrainingRow[]; readonly judged: readonly TrainingRow[] } {
  const mixed = shuffled(rows, random);
  return { learned: mixed.slice(0, count), judged: mixed.slice(count, count + mostJudged) };
}

function measure(rows: number, outcomes: readonly Outcome[], epsilon: number): CurveSize {
  return {
    rows,
    agreement: outcomes.filter(({ agrees }) => agrees).length / outcomes.length,
    coverage: coverageAt(outcomes, epsilon),
    judged: outcomes.length,
  };
}

function mostFrequentShare(rows: readonly TrainingRow[]): number {
  const counts = new Map<string, number>();
  for (const { label } of rows) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Math.max(...counts.values()) / rows.length;
}

function forecast(
  sizes: readonly CurveSize[],
  { times, start, epsilon }: { readonly times: number; readonly start: number; readonly epsilon: number },
): CurveForecast {
  const whole = sizes.at(-1) as CurveSize;
  const points = sizes.map(({ rows, agreement, judged }): CurvePoint => {
    const share = 1 - agreement;
    return { rows: rows === whole.rows ? rows * outOfFoldShare : rows, share, error: standardError(share, judged) };
  });
  const levelError = standardError(1 - whole.agreement, whole.judged);
  const errors = forecastShares({ points, start, rows: whole.rows * times, levelError });
  // The judged rows of all sizes are the same ones: more of them than there are rows say no more.
  const measured = sizes.slice(-3).map(({ agreement, coverage, judged }) => ({
    errors: 1 - agreement,
    coverage,
    judged: Math.min(judged, whole.rows),
  }));
  return {
    times,
    rows: whole.rows * times,
    agreement: bandOf(errors.map((share) => 1 - share)),
    coverage: bandOf(coveragesOf(errors, learnSelectivity(measured, epsilon), epsilon)),
  };
}

/** Of a share among so many rows; half a row is added to either side, so that 0 and 1 are not certain. */
function standardError(share: number, judged: number): number {
  const inner = (share * judged + 0.5) / (judged + 1);
  return Math.sqrt((inner * (1 - inner)) / judged);
}
