import { describe, expect, it } from 'vitest';
import { seededRandom } from '../records/random.ts';
import { probeCurve } from './probe-curve.ts';
import { trainNow } from './train-now.ts';
import type { Trainer, TrainingJob } from './trainer.ts';

const trainer: Trainer = { train: async (job) => trainNow(job), close: async () => {} };
const topics = ['billing', 'travel', 'health', 'sports'];

/** Texts of five words; the topic follows from two of the forty words that each topic has. */
function jobOf(count: number): TrainingJob {
  const random = seededRandom(7);
  const pick = (size: number): number => Math.floor(random() * size);
  const rows = Array.from({ length: count }, () => {
    const label = topics[pick(topics.length)] ?? '';
    const own = () => `${label.slice(0, 2)}${'bcdfghjklm'[pick(10)]}${'aeio'[pick(4)]}`;
    return { slots: [`word${pick(30)} ${own()} word${pick(30)} ${own()} word${pick(30)}`], label };
  });
  return { kind: 'label', rows, seed: 1, head: 'linear' };
}

async function probe(count: number, epsilon = 0.05) {
  const job = jobOf(count);
  return probeCurve({ job, whole: trainNow(job), trainer, epsilon });
}

describe('probeCurve', () => {
  it('measures an eighth, a quarter and a half of the rows, and ends with the student itself', async () => {
    const { sizes } = await probe(320);
    expect(sizes.map(({ rows }) => rows)).toEqual([40, 80, 160, 320]);
    expect(sizes.at(-1)?.agreement).toBeGreaterThan(sizes[0]?.agreement ?? 1);
  });

  it('expects of twice the rows what twice the rows then bring', async () => {
    const [twice] = (await probe(160)).forecasts;
    const { outOfFold } = trainNow(jobOf(320));
    const labels = jobOf(320).rows.map(({ label }) => label);
    const agreement = outOfFold.filter(({ label }, i) => label === labels[i]).length / labels.length;
    expect(twice?.rows).toBe(320);
    expect(agreement).toBeGreaterThan((twice?.agreement.low ?? 1) - 0.01);
    expect(agreement).toBeLessThan((twice?.agreement.high ?? 0) + 0.01);
  });

  it('says the same twice', async () => {
    expect(await probe(120)).toEqual(await probe(120));
  });

  it('leaves out sizes too small to train on, and still gives a wide answer', async () => {
    const { sizes, forecasts } = await probe(24);
    expect(sizes.map(({ rows }) => rows)).toEqual([24]);
    for (const { agreement, coverage } of forecasts)
      for (const { share, low, high } of [agreement, coverage]) {
        expect(low).toBeLessThanOrEqual(share);
        expect(share).toBeLessThanOrEqual(high);
      }
  });
});
