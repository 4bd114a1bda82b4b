/** What the score is made of, in this order. A higher value speaks for agreement, except for those in `against`. */
export const signalNames = ['margin', 'probability', 'logit', 'unseen'] as const;
const directions: readonly number[] = [1, 1, 1, -1];

/** Maps the signals of one input to the probability that its label is the teacher's. */
export interface ScoreModel {
  readonly intercept: number;
  readonly weights: readonly number[];
  readonly means: readonly number[];
  readonly deviations: readonly number[];
}

/** The signals of one input, from its logits and the positions of the two largest (`second` −1 where there is one). */
export function readSignals(
  logits: ArrayLike<number>,
  best: number,
  second: number,
  {
    temperature,
    probability,
    unseenShare,
  }: { readonly temperature: number; readonly probability: number; readonly unseenShare: number },
  out: Float64Array,
): void {
  const largest = (logits[best] as number) / temperature;
  out[0] = second < 0 ? widestMargin : Math.min(widestMargin, largest - (logits[second] as number) / temperature);
  out[1] = logOdds(probability);
  out[2] = largest;
  out[3] = unseenShare;
}

const widestMargin = 15;

function logOdds(probability: number): number {
  const inside = Math.min(1 - 1e-6, Math.max(1e-6, probability));
  return Math.log(inside / (1 - inside));
}

export function scoreOf(model: ScoreModel, signals: Float64Array): number {
  let sum = model.intercept;
  for (let j = 0; j < model.weights.length; j++)
    sum +=
      ((model.weights[j] as number) * ((signals[j] as number) - (model.means[j] as number))) /
      (model.deviations[j] as number);
  return 1 / (1 + Math.exp(-sum));
}

/** Strength of the pull of each weight towards 0, in rows. */
const ridge = 1;

/**
 * Logistic regression with a small ridge, on targets softened as by Platt (1999) so that no score is ever 0 or 1. A
 * weight of the wrong sign is noise and set to 0, so that more of a good sign never lowers a score.
 */
export function fitScoreModel(signals: readonly Float64Array[], agrees: readonly boolean[]): ScoreModel {
  const width = directions.length;
  const means = new Array<number>(width).fill(0);
  const deviations = new Array<number>(width).fill(1);
  const count = Math.max(1, signals.length);
  for (let j = 0; j < width; j++) {
    const mean = signals.reduce((sum, row) => sum + (row[j] as number), 0) / count;
    const variance = signals.reduce((sum, row) => sum + ((row[j] as number) - mean) ** 2, 0) / count;
    means[j] = mean;
    deviations[j] = Math.sqrt(variance) || 1;
  }
  const standard = signals.map((row) =>
    Float64Array.from(row, (value, j) => (value - (means[j] as number)) / (deviations[j] as number)),
  );
  const active = directions.map((_, j) => j);
  for (;;) {
    const { intercept, weights } = newton(standard, agrees, active);
    const wrong = active.filter((j) => (weights[j] as number) * (directions[j] as number) < 0);
    if (wrong.length === 0) return { intercept, weights, means, deviations };
    for (const j of wrong) active.splice(active.indexOf(j), 1);
  }
}

function newton(rows: readonly Float64Array[], agrees: readonly boolean[], active: readonly number[]) {
  const positives = agrees.reduce((sum, agree) => sum + (agree ? 1 : 0), 0);
  const high = (positives + 1) / (positives + 2);
  const low = 1 / (agrees.length - positives + 2);
  const size = active.length + 1;
  const solution = new Float64Array(size);
  solution[0] = Math.log((positives + 1) / (agrees.length - positives + 1));
  const inputs = rows.map((row) => Float64Array.of(1, ...active.map((j) => row[j] as number)));
  for (let step = 0; step < 25; step++) {
    const gradient = new Float64Array(size);
    const hessian = Array.from({ length: size }, () => new Float64Array(size));
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i] as Float64Array;
      let sum = 0;
      for (let j = 0; j < size; j++) sum += (solution[j] as number) * (input[j] as number);
      const probability = 1 / (1 + Math.exp(-sum));
      const residual = (agrees[i] ? high : low) - probability;
      const curvature = Math.max(1e-9, probability * (1 - probability));
      for (let j = 0; j < size; j++) {
        gradient[j] = (gradient[j] as number) + residual * (input[j] as number);
        const hessianRow = hessian[j] as Float64Array;
        for (let k = 0; k <= j; k++)
          hessianRow[k] = (hessianRow[k] as number) + curvature * (input[j] as number) * (input[k] as number);
      }
    }
    for (let j = 0; j < size; j++) {
      const row = hessian[j] as Float64Array;
      const pull = j === 0 ? 1e-6 : ridge;
      row[j] = (row[j] as number) + pull;
      if (j > 0) gradient[j] = (gradient[j] as number) - ridge * (solution[j] as number);
    }
    const move = solveSymmetric(hessian, gradient);
    let largest = 0;
    for (let j = 0; j < size; j++) {
      const bounded = Math.max(-4, Math.min(4, move[j] as number));
      solution[j] = (solution[j] as number) + bounded;
      largest = Math.max(largest, Math.abs(bounded));
    }
    if (largest < 1e-6) break;
  }
  const weights = new Array<number>(directions.length).fill(0);
  active.forEach((j, at) => {
    weights[j] = solution[at + 1] as number;
  });
  return { intercept: solution[0] as number, weights };
}

/** Cholesky; reads the lower triangle only. */
function solveSymmetric(matrix: readonly Float64Array[], vector: Float64Array): Float64Array {
  const size = vector.length;
  const factor = matrix.map((row) => Float64Array.from(row));
  const entry = (i: number, j: number): number => (factor[i] as Float64Array)[j] as number;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = entry(i, j);
      for (let k = 0; k < j; k++) sum -= entry(i, k) * entry(j, k);
      (factor[i] as Float64Array)[j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / entry(j, j);
    }
  }
  const solution = Float64Array.from(vector);
  for (let i = 0; i < size; i++) {
    let sum = solution[i] as number;
    for (let k = 0; k < i; k++) sum -= entry(i, k) * (solution[k] as number);
    solution[i] = sum / entry(i, i);
  }
  for (let i = size - 1; i >= 0; i--) {
    let sum = solution[i] as number;
    for (let k = i + 1; k < size; k++) sum -= entry(k, i) * (solution[k] as number);
    solution[i] = sum / entry(i, i);
  }
  return solution;
}
