import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../records/random.ts';
import { calibrate, type HeldOut, judgeHeldOut } from './calibration.ts';
import { readSignals, scoreOf, signalNames } from './score-model.ts';
import { fitTemperature } from './temperature.ts';

/** Rows whose class is drawn from softmax(logits / heat): a model that is `heat` times too sure of itself. */
function overconfident(rows: number, heat: number, random: Random): HeldOut {
  const classes = 3;
  const width = 8;
  const logits = new Float32Array(rows * width);
  const targets = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const powers = Array.from({ length: classes }, (_, k) => {
      const logit = (random() - 0.5) * 12;
      logits[row * width + k] = logit;
      return Math.exp(logit / heat);
    });
    const [first, second, third] = powers as [number, number, number];
    const draw = random() * (first + second + third);
    targets[row] = draw < first ? 0 : draw < first + second ? 1 : 2;
  }
  return {
    heads: [{ kind: 'words', logits }],
    width,
    classes,
    targets,
    rowWeights: new Float64Array(rows).fill(1),
    foldOf: Int32Array.from({ length: rows }, (_, row) => row % 5),
    folds: 5,
    familiarity: {
      unseenShares: new Float64Array(rows).fill(0.2),
      known: new Int32Array(rows).fill(30),
      nearest: null,
    },
    support: [rows / 3, rows / 3, rows / 3],
  };
}

describe('calibration', () => {
  const heldOut = overconfident(3000, 2.5, seededRandom(3));
  const judged = judgeHeldOut(heldOut);
  const calibration = calibrate(judged, heldOut);
  const [{ logits } = { logits: new Float32Array() }] = heldOut.heads;

  it('finds the temperature that was drawn with', () => {
    expect(fitTemperature({ ...heldOut, logits })).toBeGreaterThan(2.2);
    expect(fitTemperature({ ...heldOut, logits })).toBeLessThan(2.8);
    expect(1 / (judged.entries[0]?.weight as number)).toBeGreaterThan(2.2);
    expect(1 / (judged.entries[0]?.weight as number)).toBeLessThan(2.8);
  });

  it('gives scores that come true: of the rows near 80 %, about 80 % agree', () => {
    for (const [low, high] of [
      [0.4, 0.6],
      [0.6, 0.8],
      [0.8, 0.95],
    ] as const) {
      const rows = [...calibration.scores.keys()].filter((row) => {
        const score = calibration.scores[row] as number;
        return score >= low && score < high;
      });
      const agreed = rows.filter((row) => judged.given[row] === heldOut.targets[row]).length;
      const expected = rows.reduce((sum, row) => sum + (calibration.scores[row] as number), 0);
      expect(Math.abs(agreed - expected) / rows.length).toBeLessThan(0.06);
    }
  });

  it('ranks so that covering the surest rows first errs less than chance', () => {
    expect(calibration.riskArea).toBeLessThan(0.6 * (1 - judged.accuracy));
  });

  it('never scores higher for a smaller margin, a smaller probability or more unknown words', () => {
    const judgement = { best: 0, second: 1, support: 1000, known: 30, nearest: 1, weakest: 0 };
    const score = (margin: number, probability: number, unseenShare: number): number => {
      const signals = new Float64Array(signalNames.length);
      readSignals({ ...judgement, logits: [margin, 0, 0], probability, unseenShare }, signals);
      return scoreOf(calibration.model, signals);
    };
    expect(score(1, 0.8, 0.2)).toBeLessThanOrEqual(score(2, 0.8, 0.2));
    expect(score(1, 0.6, 0.2)).toBeLessThanOrEqual(score(1, 0.8, 0.2));
    expect(score(1, 0.8, 0.9)).toBeLessThanOrEqual(score(1, 0.8, 0.2));
  });
});
