import { expect, it } from 'vitest';
import { seededRandom } from '../records/random.ts';
import { blendRow, fitBlend } from './blend.ts';
import { softmax } from './softmax.ts';

const classes = 3;
const width = 8;
const count = 3000;

/** Rows whose class is drawn from softmax(2 · first + bias); the second head is noise, the third says the opposite. */
function drawn(bias: readonly number[]) {
  const random = seededRandom(4);
  const [first, noise, opposite] = [0, 1, 2].map(() => new Float32Array(count * width)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const shares = new Float64Array(classes);
  const targets = Int32Array.from({ length: count }, (_, row) => {
    for (let k = 0; k < classes; k++) {
      first[row * width + k] = (random() - 0.5) * 3;
      noise[row * width + k] = (random() - 0.5) * 3;
      opposite[row * width + k] = -(first[row * width + k] as number) + (random() - 0.5);
    }
    const logits = bias.map((value, k) => 2 * (first[row * width + k] as number) + value);
    softmax(logits, classes, 1, shares);
    const draw = random();
    return draw < (shares[0] as number) ? 0 : draw < (shares[0] as number) + (shares[1] as number) ? 1 : 2;
  });
  return { heads: [first, noise, opposite], targets, rowWeights: new Float64Array(count).fill(1) };
}

it('a blend finds the weight and the bias that were drawn with, and gives noise and nonsense no say', () => {
  const { heads, ...rows } = drawn([1, 0, -1]);
  const { weights, bias } = fitBlend(heads, { ...rows, width, classes });
  expect(Math.abs((weights[0] as number) - 2)).toBeLessThan(0.2);
  expect(weights[1]).toBeLessThan(0.1);
  expect(weights[2]).toBe(0);
  expect((bias[0] as number) - (bias[2] as number)).toBeGreaterThan(1.6);
  expect((bias[0] as number) - (bias[2] as number)).toBeLessThan(2.2);
});

it('rows that weigh nothing have no say in the blend', () => {
  const { heads, targets, rowWeights } = drawn([0, 0, 0]);
  const wrong = targets.map((target, row) => (row % 2 === 0 ? target : (target + 1) % classes));
  const halved = rowWeights.map((_, row) => (row % 2 === 0 ? 2 : 0));
  const { weights } = fitBlend(heads, { targets: wrong, rowWeights: halved, width, classes });
  expect(weights[0]).toBeGreaterThan(1.7);
});

it('a row of the blend is the weighted sum of its heads and the bias', () => {
  const out = new Float64Array(2);
  blendRow([Float32Array.of(0, 0, 1, 2), Float32Array.of(0, 0, 3, 5)], 2, { weights: [2, 1], bias: [0.5, 0] }, out);
  expect([...out]).toEqual([5.5, 9]);
});
