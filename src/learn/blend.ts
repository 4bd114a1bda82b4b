import { solveSymmetric } from './logistic.ts';
import { softmax } from './softmax.ts';

/** How the heads' logits are added up to the logarithms of the labels' odds: Σ weight · logit + bias. */
export interface Blend {
  /** One a head, never negative. */
  readonly weights: readonly number[];
  /** One a label: takes back what class balance and noise have taught the heads about frequencies. */
  readonly bias: Float32Array;
}

/** Logits of rows that no head has learned from, row after row, `width` apart. */
export interface HeldOutRows {
  readonly width: number;
  readonly classes: number;
  readonly targets: Int32Array;
  /** How much each row counts; the mean is 1. */
  readonly rowWeights: ArrayLike<number>;
}

/** So few numbers are known well enough from so many rows; of more, evenly spaced ones are looked at. */
const enoughRows = 4000;
const rounds = 12;
/** Pulls, in rows: of the weights to an even blend, of each label's bias to 0. */
const weightRidge = 1;
const biasRidge = 10;

/**
 * The blend that gives held-out rows the smallest cross entropy; its temperature is fitted with it. Newton steps on the
 * weights, and on the diagonal for the bias, in turns: the problem is convex (Wolpert's stacking, 1992, with log-linear pools).
 */
export function fitBlend(heads: readonly Float32Array[], rows: HeldOutRows): Blend {
  const bias = new Float64Array(rows.classes);
  let weights = heads.map(() => 1 / heads.length);
  if (rows.classes > 1)
    for (let round = 0; round < rounds; round++) {
      const sums = sumUp(heads, rows, { weights, bias });
      if (round % 2 === 0) weights = stepOf(weights, sums);
      else moveBias(bias, sums);
    }
  return { weights, bias: Float32Array.from(bias) };
}

/** Adds one row's head logits up, `at` being where the row begins in each head. */
export function blendRow(
  heads: readonly ArrayLike<number>[],
  at: number,
  { weights, bias }: { readonly weights: readonly number[]; readonly bias: ArrayLike<number> },
  out: Float64Array,
): void {
  for (let k = 0; k < out.length; k++) {
    let sum = bias[k] as number;
    for (let head = 0; head < heads.length; head++)
      sum += (weights[head] as number) * ((heads[head] as ArrayLike<number>)[at + k] as number);
    out[k] = sum;
  }
}

interface Sums {
  readonly gradient: Float64Array;
  /** Heads × heads. */
  readonly curvature: Float64Array;
  readonly classGradient: Float64Array;
  readonly classCurvature: Float64Array;
}

function sumUp(
  heads: readonly Float32Array[],
  { width, classes, targets, rowWeights }: HeldOutRows,
  blend: { readonly weights: readonly number[]; readonly bias: Float64Array },
): Sums {
  const count = heads.length;
  const sums = {
    gradient: new Float64Array(count),
    curvature: new Float64Array(count * count),
    classGradient: new Float64Array(classes),
    classCurvature: new Float64Array(classes),
  };
  const logits = new Float64Array(classes);
  const shares = new Float64Array(classes);
  const means = new Float64Array(count);
  const stride = Math.ceil(targets.length / enoughRows);
  for (let row = 0; row < targets.length; row += stride) {
    const at = row * width;
    const target = targets[row] as number;
    blendRow(heads, at, blend, logits);
    softmax(logits, classes, 1, shares);
    const weight = rowWeights[row] as number;
    shares.forEach((share, k) => {
      sums.classGradient[k] = (sums.classGradient[k] as number) + weight * ((k === target ? 1 : 0) - share);
      sums.classCurvature[k] = (sums.classCurvature[k] as number) + weight * share * (1 - share);
    });
    addMoments(heads, at, { shares, target, means, weight }, sums);
  }
  return sums;
}

interface RowMoments {
  readonly shares: Float64Array;
  readonly target: number;
  /** Room for each head's mean logit. */
  readonly means: Float64Array;
  readonly weight: number;
}

function addMoments(
  heads: readonly Float32Array[],
  at: number,
  { shares, target, means, weight }: RowMoments,
  { gradient, curvature }: Sums,
): void {
  const count = heads.length;
  heads.forEach((logits, head) => {
    let mean = 0;
    for (let k = 0; k < shares.length; k++) mean += (shares[k] as number) * (logits[at + k] as number);
    means[head] = mean;
    gradient[head] = (gradient[head] as number) + weight * ((logits[at + target] as number) - mean);
    for (let other = 0; other <= head; other++) {
      const others = heads[other] as Float32Array;
      let product = 0;
      for (let k = 0; k < shares.length; k++)
        product += (shares[k] as number) * (logits[at + k] as number) * (others[at + k] as number);
      const place = head * count + other;
      curvature[place] = (curvature[place] as number) + weight * (product - mean * (means[other] as number));
    }
  });
}

/** A Newton step of the weights; those that would fall below 0 go to 0, and the others step without them. */
function stepOf(weights: readonly number[], { gradient, curvature }: Sums): number[] {
  const count = weights.length;
  const curve = (i: number, j: number): number => curvature[Math.max(i, j) * count + Math.min(i, j)] as number;
  let free = weights.map((_, head) => head);
  for (;;) {
    const out = weights.map((_, head) => head).filter((head) => !free.includes(head));
    const matrix = Float64Array.from(free.flatMap((i) => free.map((j) => curve(i, j) + (i === j ? weightRidge : 0))));
    const pulls = Float64Array.from(free, (i) => {
      const weight = weights[i] as number;
      const leaving = out.reduce((sum, j) => sum + curve(i, j) * (weights[j] as number), 0);
      return (gradient[i] as number) - weightRidge * (weight - 1 / count) + leaving;
    });
    const step = solveSymmetric(matrix, pulls);
    const shrink = Math.min(1, 1 / Math.max(...step.map(Math.abs)));
    const next = weights.map(() => 0);
    free.forEach((head, at) => {
      next[head] = (weights[head] as number) + shrink * (step[at] as number);
    });
    if (next.every((weight) => weight >= 0)) return next;
    free = free.filter((head) => (next[head] as number) >= 0);
    if (free.length === 0) return next.map(() => 0);
  }
}

function moveBias(bias: Float64Array, { classGradient, classCurvature }: Sums): void {
  bias.forEach((value, k) => {
    const pull = (classGradient[k] as number) - biasRidge * value;
    bias[k] = value + pull / ((classCurvature[k] as number) + biasRidge);
  });
}
