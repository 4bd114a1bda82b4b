import { fitLogistic, type LogisticModel, logisticProbability } from '../logistic.ts';
import { portableLog } from '../portable-math.ts';

/** How sure the heads of a student are of one whole answer. */
export interface FieldsJudgement {
  /** Product of the heads' probabilities: each label field's, and the whole tagging's. */
  readonly probability: number;
  /** The least probability of any head. */
  readonly weakest: number;
  /** The least margin of any head. */
  readonly margin: number;
  /** Copied places in the answer. */
  readonly spans: number;
  readonly unseenShare: number;
  readonly isDoubtful: boolean;
}

/** 1: more never lowers the score; −1: more never raises it; 0: the held-out rows decide. */
const directions = [1, 1, 1, 0, -1, -1];

export function fieldsSignals(judgement: FieldsJudgement): Float64Array {
  return Float64Array.of(
    logOdds(judgement.probability),
    logOdds(judgement.weakest),
    judgement.margin,
    portableLog(judgement.spans + 1),
    judgement.unseenShare,
    judgement.isDoubtful ? 1 : 0,
  );
}

/** Nothing but unknown n-grams: a stranger, however sure the heads are. */
const strangeFrom = 0.75;

/** The calibrated probability that the whole answer is the teacher's: above 0 and below 1. */
export function fieldsScore(model: LogisticModel, judgement: FieldsJudgement): number {
  const known = Math.min(1, (1 - judgement.unseenShare) / (1 - strangeFrom) + 0.01);
  return logisticProbability(model, fieldsSignals(judgement)) * known;
}

/** Learns the score from rows that no head saw, and whether the whole answer was the teacher's. */
export function fitFieldsScore(judgements: readonly FieldsJudgement[], agrees: readonly boolean[]): LogisticModel {
  const stranger = { probability: 0.01, weakest: 0.01, margin: 0, spans: 0, unseenShare: 1, isDoubtful: true };
  return fitLogistic([...judgements, stranger].map(fieldsSignals), [...agrees, false], directions);
}

function logOdds(probability: number): number {
  const inside = Math.min(1 - 1e-6, Math.max(1e-6, probability));
  return portableLog(inside / (1 - inside));
}
