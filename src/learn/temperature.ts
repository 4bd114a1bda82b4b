/** Logits of held-out rows, row after row, `width` apart. */
export interface HeldOutLogits {
  readonly logits: Float32Array;
  readonly width: number;
  readonly classes: number;
  readonly targets: Int32Array;
}

const coldest = 0.05;
const hottest = 20;

/**
 * The temperature T for which softmax(logits / T) gives held-out rows the smallest cross entropy (Guo et al. 2017), by
 * golden section on ln T; from 0.05 to 20.
 */
export function fitTemperature(heldOut: HeldOutLogits): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let low = Math.log(coldest);
  let high = Math.log(hottest);
  let left = high - ratio * (high - low);
  let right = low + ratio * (high - low);
  let leftLoss = crossEntropy(heldOut, Math.exp(left));
  let rightLoss = crossEntropy(heldOut, Math.exp(right));
  while (high - low > 0.01) {
    if (leftLoss <= rightLoss) {
      [high, right, rightLoss] = [right, left, leftLoss];
      left = high - ratio * (high - low);
      leftLoss = crossEntropy(heldOut, Math.exp(left));
    } else {
      [low, left, leftLoss] = [left, right, rightLoss];
      right = low + ratio * (high - low);
      rightLoss = crossEntropy(heldOut, Math.exp(right));
    }
  }
  return Math.exp((low + high) / 2);
}

/** One number is known well enough from so many rows; of more, evenly spaced ones are looked at. */
const enoughRows = 4000;

/** Mean negative log-probability of the targets; 0 for no rows. */
function crossEntropy({ logits, width, classes, targets }: HeldOutLogits, temperature: number): number {
  let total = 0;
  let rows = 0;
  const stride = Math.ceil(targets.length / enoughRows);
  for (let row = 0; row < targets.length; row += stride) {
    const target = targets[row] as number;
    const at = row * width;
    let largest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) largest = Math.max(largest, logits[at + k] as number);
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      const difference = ((logits[at + k] as number) - largest) / temperature;
      if (difference > -30) sum += Math.exp(difference);
    }
    total += Math.log(sum) - ((logits[at + target] as number) - largest) / temperature;
    rows++;
  }
  return rows === 0 ? 0 : total / rows;
}
