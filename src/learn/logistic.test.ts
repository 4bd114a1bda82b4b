import { expect, it } from 'vitest';
import { seededRandom } from '../records/random.ts';
import { fitLogistic, logisticProbability } from './logistic.ts';

it('a logistic fit of rare failures and long tails ends where its gradient vanishes', () => {
  const random = seededRandom(2);
  const rows = Array.from({ length: 3000 }, () => {
    const margin = 15 * random() ** 0.3;
    const weakest = -8 * random() ** 6;
    return Float64Array.of(margin, margin + 0.05 * random(), weakest);
  });
  const outcomes = rows.map((row) => random() < 1 / (1 + Math.exp(-(row[0] as number) - 2 * (row[2] as number))));
  const model = fitLogistic(rows, outcomes, [1, 1, 1]);
  const residuals = rows.map((row, at) => (outcomes[at] ? 1 : 0) - logisticProbability(model, row));
  const gradient = residuals.reduce((sum, residual) => sum + residual, 0);
  expect(Math.abs(gradient) / rows.length).toBeLessThan(1e-3);
  expect((model.weights[0] as number) + (model.weights[1] as number)).toBeGreaterThan(1);
  expect(model.weights[2]).toBeGreaterThan(1);
});
