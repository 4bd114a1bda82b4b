import { fitScoreModel, readSignals, type ScoreModel, scoreOf, signalNames } from './score-model.ts';
import { softmax } from './softmax.ts';
import { fitTemperature } from './temperature.ts';
import { topTwo } from './top-two.ts';

/** What models said to rows that they had not learned from. */
export interface HeldOut {
  /** rows × width. */
  readonly logits: Float32Array;
  readonly width: number;
  readonly classes: number;
  readonly targets: Int32Array;
  readonly foldOf: Int32Array;
  readonly folds: number;
  readonly familiarity: Familiarity;
  /** Training rows of each class. */
  readonly support: readonly number[];
}

/** How much of each row its model knew. */
export interface Familiarity {
  readonly unseenShares: Float64Array;
  /** Different known n-grams. */
  readonly known: Int32Array;
}

export interface Calibration {
  readonly temperature: number;
  readonly model: ScoreModel;
  /** Class that each held-out row was given. */
  readonly given: Int32Array;
  /** Score of each held-out row from a score model that was fitted without the row's fold. */
  readonly scores: Float64Array;
  readonly accuracy: number;
  /** Mean over all coverages of the share of wrong rows among those covered, surest first: smaller is better. */
  readonly riskArea: number;
}

/** Temperature and score model from held-out rows. */
export function calibrate(heldOut: HeldOut): Calibration {
  const { logits, width, classes, targets, foldOf, support, familiarity } = heldOut;
  const temperature = classes < 2 ? 1 : fitTemperature(heldOut);
  const given = new Int32Array(targets.length);
  const probabilities = new Float64Array(classes);
  const signals = Array.from(targets, (_, row) => {
    const rowLogits = logits.subarray(row * width, row * width + classes);
    const { best, second } = topTwo(rowLogits, classes);
    given[row] = best;
    softmax(rowLogits, classes, temperature, probabilities);
    const out = new Float64Array(signalNames.length);
    readSignals(
      {
        logits: rowLogits,
        best,
        second,
        temperature,
        probability: probabilities[best] as number,
        unseenShare: familiarity.unseenShares[row] as number,
        support: support[best] as number,
        known: familiarity.known[row] as number,
      },
      out,
    );
    return out;
  });
  const agrees = Array.from(targets, (target, row) => target === given[row]);
  const scores = new Float64Array(targets.length);
  for (let fold = 0; fold < heldOut.folds; fold++) {
    const isOther = (_: unknown, row: number): boolean => foldOf[row] !== fold;
    const model = fitScoreModel(signals.filter(isOther), agrees.filter(isOther));
    signals.forEach((row, at) => {
      if (foldOf[at] === fold) scores[at] = scoreOf(model, row);
    });
  }
  return {
    temperature,
    model: fitScoreModel(signals, agrees),
    given,
    scores,
    accuracy: agrees.filter(Boolean).length / agrees.length,
    riskArea: riskCoverageArea(scores, agrees),
  };
}

/** Logits of several heads, each tempered by itself, added up: the mean of their log-probabilities, twice. */
export function addTempered(heads: readonly Float32Array[], temperatures: readonly number[]): Float32Array {
  return (heads[0] as Float32Array).map((_, at) =>
    heads.reduce((sum, head, index) => sum + (head[at] as number) / (temperatures[index] as number), 0),
  );
}

function riskCoverageArea(scores: Float64Array, agrees: readonly boolean[]): number {
  const order = Array.from(scores, (_, row) => row).sort((a, b) => (scores[b] as number) - (scores[a] as number));
  let wrong = 0;
  let area = 0;
  order.forEach((row, covered) => {
    if (!agrees[row]) wrong++;
    area += wrong / (covered + 1);
  });
  return area / Math.max(1, order.length);
}
