import { portableExp } from './portable-math.ts';

/** Temperature-scaled softmax of the first `count` logits, written to `out`. */
export function softmax(logits: ArrayLike<number>, count: number, temperature: number, out: Float64Array): void {
  let largest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < count; k++) largest = Math.max(largest, logits[k] as number);
  let sum = 0;
  for (let k = 0; k < count; k++) {
    const share = portableExp(((logits[k] as number) - largest) / temperature);
    out[k] = share;
    sum += share;
  }
  for (let k = 0; k < count; k++) out[k] = (out[k] as number) / sum;
}
