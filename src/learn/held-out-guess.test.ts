import { expect, it } from 'vitest';
import { type ClassGuess, pairedGain } from './held-out-guess.ts';

const guess = (label: number, ownShare: number): ClassGuess => ({ label, score: 0.9, ownShare });
const set = { targets: Int32Array.of(0, 1, 1, 0), rowWeights: Float64Array.of(1, 1, 1, 0) };

it('counts what the rows that were asked about win and lose, each with its own label and weight', () => {
  const before = [guess(0, 0.8), guess(0, 0.25), guess(0, 0.01)];
  const after = [guess(0, 0.8), guess(1, 0.5), guess(1, 0.99)];
  const { lossBefore, loss, agreement } = pairedGain(set, [0, 1, 3], { before, after });
  expect(lossBefore).toBeCloseTo((Math.log(1 / 0.8) + Math.log(4)) / 2, 9);
  expect(loss.mean).toBeCloseTo(Math.log(2) / 2, 9);
  expect(agreement.mean).toBeCloseTo(0.5, 9);
});

it('is no gain, with no error, where nothing changes', () => {
  const same = [guess(0, 0.8), guess(0, 0.25)];
  const { loss, agreement } = pairedGain(set, [0, 1], { before: same, after: same });
  for (const { mean, standardError } of [loss, agreement]) expect([mean, standardError]).toEqual([0, 0]);
});

it('is not sure of one row’s luck', () => {
  const before = [guess(0, 0.8), guess(0, 0.25), guess(1, 0.9)];
  const after = [guess(0, 0.8), guess(1, 0.9), guess(1, 0.9)];
  const { loss } = pairedGain(set, [0, 1, 2], { before, after });
  expect(loss.mean).toBeGreaterThan(0);
  expect(loss.mean).toBeLessThan(2 * loss.standardError);
});
