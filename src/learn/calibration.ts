import { fitBlend } from './blend.ts';
import { Judge } from './judge.ts';
import { fitScoreModel, type ScoreModel, scoreOf } from './score-model.ts';
import type { HeadEntry, HeadKind } from './student-contents.ts';
import { fitTemperature } from './temperature.ts';

/** What models said to rows that they had not learned from. */
export interface HeldOut {
  readonly heads: readonly HeldOutHead[];
  readonly width: number;
  readonly classes: number;
  readonly targets: Int32Array;
  /** How much each row counts; the mean is 1. */
  readonly rowWeights: Float64Array;
  readonly foldOf: Int32Array;
  readonly folds: number;
  readonly familiarity: Familiarity;
  /** Training rows of each class. */
  readonly support: readonly number[];
}

/** One head's word on the rows. */
export interface HeldOutHead {
  readonly kind: HeadKind;
  /** Rows × width. */
  readonly logits: Float32Array;
}

/** How much of each row its model knew. */
export interface Familiarity {
  readonly unseenShares: Float64Array;
  /** Different known n-grams. */
  readonly known: Int32Array;
  /** Cosine of the nearest remembered row of another fold; null where none are remembered. */
  readonly nearest: Float64Array | null;
}

/** How the heads speak together, and what they said. */
export interface Judged {
  readonly entries: readonly HeadEntry[];
  readonly bias: Float32Array;
  /** One a held-out row. */
  readonly signals: readonly Float64Array[];
  /** Class that each held-out row was given. */
  readonly given: Int32Array;
  /** Whether that is the row's own. */
  readonly agrees: readonly boolean[];
  /** Probability that each row's own class was given. */
  readonly ownShares: Float64Array;
  readonly accuracy: number;
}

/** Blends the heads on held-out rows, and reads what comes of each. */
export function judgeHeldOut(heldOut: HeldOut): Judged {
  const { heads, width, classes, targets, support, familiarity } = heldOut;
  const logits = heads.map((head) => head.logits);
  const blend = fitBlend(logits, heldOut);
  const entries = heads.map(({ kind, logits: own }, head) => ({
    kind,
    weight: blend.weights[head] as number,
    temperature: classes < 2 ? 1 : fitTemperature({ logits: own, width, classes, targets }),
  }));
  const judge = new Judge({ heads: entries, bias: blend.bias, support });
  const given = new Int32Array(targets.length);
  const ownShares = new Float64Array(targets.length);
  const signals = Array.from(targets, (target, row) => {
    judge.judge(logits, row * width, {
      unseenShare: familiarity.unseenShares[row] as number,
      ngrams: familiarity.known[row] as number,
      nearest: familiarity.nearest?.[row] ?? 1,
    });
    given[row] = judge.best;
    ownShares[row] = judge.probabilities[target] as number;
    return judge.signals.slice();
  });
  const agrees = Array.from(targets, (target, row) => target === given[row]);
  const accuracy = agrees.filter(Boolean).length / agrees.length;
  return { entries, bias: blend.bias, signals, given, agrees, ownShares, accuracy };
}

export interface Calibration {
  readonly model: ScoreModel;
  /** Score of each held-out row from a score model that was fitted without the row's fold. */
  readonly scores: Float64Array;
  /** Mean over all coverages of the share of wrong rows among those covered, surest first: smaller is better. */
  readonly riskArea: number;
}

/** The score model, from held-out rows and imagined strangers. */
export function calibrate(
  { signals, agrees }: Pick<Judged, 'signals' | 'agrees'>,
  { foldOf, folds }: Pick<HeldOut, 'foldOf' | 'folds'>,
  strangers: readonly Float64Array[] = [],
): Calibration {
  const scores = new Float64Array(signals.length);
  for (let fold = 0; fold < folds; fold++) {
    const isOther = (_: unknown, row: number): boolean => foldOf[row] !== fold;
    const model = fitScoreModel(signals.filter(isOther), agrees.filter(isOther), strangers);
    signals.forEach((row, at) => {
      if (foldOf[at] === fold) scores[at] = scoreOf(model, row);
    });
  }
  return { model: fitScoreModel(signals, agrees, strangers), scores, riskArea: riskCoverageArea(scores, agrees) };
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
