import { describe, expect, it } from 'vitest';
import { seededRandom } from '../records/random.ts';
import { fitScoreModel, scoreOf, signalNames } from './score-model.ts';

const random = seededRandom(7);

/** A row of which a share is unknown; how sure its heads are decides whether it agrees, and the unknown share does not. */
function row(unseen: number): { readonly signals: Float64Array; readonly agrees: boolean } {
  const margin = 6 * random();
  const signals = Float64Array.from(signalNames, (name) => {
    if (name === 'unseen') return unseen;
    if (name === 'margin' || name === 'probability') return margin;
    return name === 'nearest' ? 0.9 - 0.4 * unseen : 1;
  });
  return { signals, agrees: random() < 1 / (1 + Math.exp(2 - margin)) };
}

const rows = Array.from({ length: 400 }, () => row(0.4 * random()));
const strangers = Array.from({ length: 40 }, () => row(0.8 + 0.2 * random()).signals);
const signals = rows.map((each) => each.signals);
const agrees = rows.map((each) => each.agrees);
const alone = fitScoreModel(signals, agrees);
const warned = fitScoreModel(signals, agrees, strangers);

describe('imagined strangers', () => {
  it('leave the scores of nine held-out rows in ten as they are', () => {
    const same = signals.filter((each) => scoreOf(warned, each) === scoreOf(alone, each));
    expect(same.length).toBeGreaterThanOrEqual(0.89 * signals.length);
  });

  it('teach the score to fade: as sure as a row, they score less than where nobody imagined them', () => {
    const mean = (model: typeof warned): number =>
      strangers.reduce((sum, each) => sum + scoreOf(model, each), 0) / strangers.length;
    expect(mean(warned)).toBeLessThan(mean(alone) / 3);
    const least = Math.min(...signals.map((each) => scoreOf(warned, each)));
    expect(Math.min(...strangers.map((each) => scoreOf(warned, each)))).toBeLessThan(least);
  });
});
