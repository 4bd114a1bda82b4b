// What twice and four times the rows bring, forecast from a learning-curve probe and then trained and judged.
// usage: npx tsx bench/learning-curve.ts [--seeds 3] [--largest 1600] [--epsilon 0.05] [--sets sms,trec] [--json]
// Data: SHARED_DIR (default ../shared). Writes bench/results/learning-curve-EPSILON.json.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Band } from '../src/learn/band.ts';
import { coverageAt } from '../src/learn/coverage-law.ts';
import { trainStudent } from '../src/learn/train-student.ts';
import { seededRandom, shuffled } from '../src/records/random.ts';
import { type CurveProbe, probeCurve } from '../src/train/probe-curve.ts';
import type { Trainer, TrainingJob, TrainingOutcome } from '../src/train/trainer.ts';
import { type ClosedRow, closedSets, readClosedSet } from './insight/closed-sets.ts';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3' },
    largest: { type: 'string', default: '1600' },
    epsilon: { type: 'string', default: '0.05' },
    sets: { type: 'string', default: Object.keys(closedSets).join(',') },
    json: { type: 'boolean', default: false },
  },
});
const smallest = 100;
const epsilon = Number(options.epsilon);
const mostJudged = 2000;

interface Truth {
  readonly agreement: number;
  readonly coverage: number;
}

interface Case {
  readonly set: string;
  readonly seed: number;
  readonly rows: number;
  readonly times: number;
  readonly probe: CurveProbe;
  readonly truth: Truth;
  readonly judged: number;
}

const trainer: Trainer = {
  train: async ({ rows, seed }) => trainStudent(rows, { seed, head: 'linear' }),
  close: async () => {},
};

const cases: Case[] = [];
for (const set of options.sets.split(',')) {
  const rows = readClosedSet(set);
  if (rows === null) console.error(`left out: the data of ${set} is not there; set SHARED_DIR`);
  else
    for (let seed = 1; seed <= Number(options.seeds); seed++) {
      const started = performance.now();
      cases.push(...(await casesOf(set, rows, seed)));
      console.error(`${set}, seed ${seed}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
      write();
    }
}
if (options.json) process.stdout.write(`${JSON.stringify(summary())}\n`);
else print();

/** Trains at every size of a doubling ladder; each size with one twice or four times as large above it is a case. */
async function casesOf(set: string, rows: readonly ClosedRow[], seed: number): Promise<readonly Case[]> {
  const mixed = shuffled(rows, seededRandom(seed)).map(({ text, label }) => ({ slots: [text], label }));
  const held = Math.min(mostJudged, Math.round(mixed.length / 3));
  const judged = mixed.slice(0, held);
  const pool = mixed.slice(held);
  const ladder: number[] = [];
  for (let size = smallest; size <= Math.min(pool.length, 4 * Number(options.largest)); size *= 2) ladder.push(size);
  const trained = new Map<number, TrainingOutcome>();
  const truths = new Map<number, Truth>();
  for (const size of ladder) {
    const outcome = await trainer.train(jobOf(pool.slice(0, size), seed));
    const outcomes = judged.map(({ slots, label }) => {
      const prediction = outcome.student.predict(slots);
      return { score: prediction.score, agrees: prediction.label === label };
    });
    trained.set(size, outcome);
    truths.set(size, {
      agreement: outcomes.filter(({ agrees }) => agrees).length / held,
      coverage: coverageAt(outcomes, epsilon),
    });
  }
  const found: Case[] = [];
  for (const size of ladder.filter((each) => truths.has(2 * each))) {
    const whole = trained.get(size) as TrainingOutcome;
    const probe = await probeCurve({ job: jobOf(pool.slice(0, size), seed), whole, trainer, epsilon });
    for (const { times } of probe.forecasts) {
      const truth = truths.get(size * times);
      if (truth) found.push({ set, seed, rows: size, times, probe, truth, judged: held });
    }
  }
  return found;
}

function jobOf(rows: TrainingJob['rows'], seed: number): TrainingJob {
  return { kind: 'label', rows, seed, head: 'linear' };
}

interface Measured {
  /** Of sets that nobody looked at when the forecast's settings were chosen. */
  readonly isUntouched: boolean;
  readonly times: number;
  readonly what: keyof Truth;
  readonly cases: number;
  /** Share of the cases whose truth lies in the band. */
  readonly inside: number;
  /** The same, with the band widened by what chance does to a truth that is measured on so many rows. */
  readonly insideBesideChance: number;
  /** Medians of the distance from the forecast, and of half the band's width. */
  readonly medianError: number;
  readonly medianHalfWidth: number;
  /** Median distance of the guess that nothing changes. */
  readonly medianErrorOfNoChange: number;
}

function summary(): readonly Measured[] {
  return [false, true].flatMap((isUntouched) => summaryOf(isUntouched));
}

function summaryOf(isUntouched: boolean): readonly Measured[] {
  return [2, 4].flatMap((times) =>
    (['agreement', 'coverage'] as const).map((what) => {
      const of = cases.filter(
        ({ times: each, set }) => each === times && (closedSets[set]?.isUntouched ?? false) === isUntouched,
      );
      const bands = of.map((each) => ({
        band: each.probe.forecasts.find((forecast) => forecast.times === times)?.[what] as Band,
        truth: each.truth[what],
        now: each.probe.sizes.at(-1)?.[what] as number,
        judged: each.judged,
      }));
      return {
        isUntouched,
        times,
        what,
        cases: of.length,
        inside: bands.filter(({ band, truth }) => isInside(band, truth)).length / of.length,
        insideBesideChance:
          bands.filter(({ band, truth, judged }) => isInside(widened(band, truth, judged), truth)).length / of.length,
        medianError: median(bands.map(({ band, truth }) => Math.abs(band.share - truth))),
        medianHalfWidth: median(bands.map(({ band }) => (band.high - band.low) / 2)),
        medianErrorOfNoChange: median(bands.map(({ now, truth }) => Math.abs(now - truth))),
      };
    }),
  );
}

/** As the band is shown, in whole points. */
function isInside({ low, high }: Band, truth: number): boolean {
  return low - 0.005 <= truth && truth <= high + 0.005;
}

/** A band for a share that is counted on so many rows, where the band itself is for the share of all there could be. */
function widened({ share, low, high }: Band, truth: number, judged: number): Band {
  const chance = 1.645 * Math.sqrt((truth * (1 - truth)) / judged);
  return { share, low: share - Math.hypot(share - low, chance), high: share + Math.hypot(high - share, chance) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function write(): void {
  mkdirSync(join(import.meta.dirname, 'results'), { recursive: true });
  const document = { epsilon, seeds: Number(options.seeds), summary: summary(), cases };
  writeFileSync(
    join(import.meta.dirname, 'results', `learning-curve-${epsilon}.json`),
    `${JSON.stringify(document)}\n`,
  );
}

function print(): void {
  const points = (share: number): string => (100 * share).toFixed(1);
  for (const of of summary())
    console.log(
      `${of.isUntouched ? 'untouched sets' : 'sets'}, ${of.what} at ${of.times}×: ${points(of.inside)}% of ${of.cases} inside the band (${points(of.insideBesideChance)}% beside the truth's own chance); median error ${points(of.medianError)}, half width ${points(of.medianHalfWidth)}, error of "no change" ${points(of.medianErrorOfNoChange)} points`,
    );
}
