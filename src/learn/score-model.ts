import { fitLogistic, type LogisticModel, logisticProbability } from './logistic.ts';
import { portableExp, portableLog } from './portable-math.ts';

/**
 * What the score is made of: difference of the two largest logits; log odds of the label's probability; share of unknown
 * n-grams; logarithms of the label's training rows and of the input's known n-grams; the label's logit above the mean
 * of all, which unlike a share does not grow where every label is unlikely; cosine of the nearest remembered row; and the
 * logarithm of the probability that the least convinced head gives the label. The first five are format version 1's.
 */
export const signalNames = [
  'margin',
  'probability',
  'unseen',
  'support',
  'length',
  'evidence',
  'nearest',
  'weakest',
] as const;

/** 1: more never lowers the score; −1: more never raises it; 0: the held-out rows decide. */
const directions: readonly number[] = [1, 1, -1, 0, 0, 1, 1, 1];

/** Signals of a stranger lie far outside what training rows show: there the model may look further than it has seen. */
const unbounded: ReadonlySet<string> = new Set(['unseen', 'evidence', 'nearest']);

/** Maps the signals of one input to the probability that its label is the teacher's. */
export interface ScoreModel extends LogisticModel {
  /** A signal outside the range of the held-out rows counts as the end of that range. */
  readonly lows: readonly number[];
  readonly highs: readonly number[];
  /** An unseen share that few held-out rows reached: beyond it nothing was learned, and the score fades. */
  readonly strangeFrom: number;
  /** The same for the nearest remembered row: below this cosine the score fades. Absent in format version 1. */
  readonly strangeBelow?: number;
  /** Tells held-out rows from imagined strangers; absent in older students, and where no strangers were imagined. */
  readonly familiar?: Familiar;
}

interface Familiar extends LogisticModel {
  /** Log odds below which few held-out rows lie: there the score begins to fade. */
  readonly usual: number;
}

/** What is known of one input and its label. */
export interface Judgement {
  readonly logits: ArrayLike<number>;
  readonly best: number;
  /** −1 where there is one label only. */
  readonly second: number;
  readonly probability: number;
  readonly unseenShare: number;
  /** Training rows of the label. */
  readonly support: number;
  /** Different known n-grams. */
  readonly known: number;
  readonly nearest: number;
  readonly weakest: number;
}

const widestMargin = 15;

/** Writes the signals to `out`, in the order of `signalNames`. */
export function readSignals(judgement: Judgement, out: Float64Array): void {
  const { logits, best, second } = judgement;
  const margin = second < 0 ? widestMargin : (logits[best] as number) - (logits[second] as number);
  out[0] = Math.min(widestMargin, margin);
  out[1] = logOdds(judgement.probability);
  out[2] = judgement.unseenShare;
  out[3] = portableLog(judgement.support + 0.5);
  out[4] = portableLog(judgement.known + 1);
  out[5] = aboveMean(logits, best);
  out[6] = judgement.nearest;
  out[7] = judgement.weakest;
}

function aboveMean(logits: ArrayLike<number>, best: number): number {
  let sum = 0;
  for (let k = 0; k < logits.length; k++) sum += logits[k] as number;
  return (logits[best] as number) - sum / logits.length;
}

function logOdds(probability: number): number {
  const inside = Math.min(1 - 1e-7, Math.max(1e-7, probability));
  return portableLog(inside / (1 - inside));
}

/** Held-out rows that may count as strange. */
const strangeShare = 0.005;
/** What is left of 1 − unseen share for an input of which nothing is known. */
const leastKnown = 0.01;

/** How fast the score fades with the cosine below what is usual: to a third in so much. */
const fading = 0.1;

/** Held-out rows that may look more like strangers than is usual. */
const unfamiliarShare = 0.1;
/** Beyond what is usual, the score falls with this power of the odds of being no stranger. */
const fadingPower = 0.5;

/** The score of one input: above 0 and below 1. */
export function scoreOf(model: ScoreModel, signals: Float64Array): number {
  const inside = boundedBy(model, signals);
  const known = 1 - (signals[signalNames.indexOf('unseen')] as number) + leastKnown;
  const usual = 1 - model.strangeFrom + leastKnown;
  const distance = Math.max(0, (model.strangeBelow ?? -1) - (signals[signalNames.indexOf('nearest')] as number));
  return (
    logisticProbability(model, inside) *
    familiarityOf(model, inside) *
    Math.min(1, known / usual) *
    portableExp(-distance / fading)
  );
}

function boundedBy({ lows, highs }: Pick<ScoreModel, 'lows' | 'highs'>, signals: Float64Array): Float64Array {
  return signals.map((value, j) =>
    unbounded.has(signalNames[j] as string) ? value : Math.max(lows[j] ?? value, Math.min(highs[j] ?? value, value)),
  );
}

/** 1 for all that looks as the held-out rows do, and less the more it looks like a stranger. */
function familiarityOf({ familiar }: ScoreModel, inside: Float64Array): number {
  if (familiar === undefined) return 1;
  const beyond = logOdds(logisticProbability(familiar, inside)) - familiar.usual;
  return portableExp(fadingPower * Math.min(0, beyond));
}

/**
 * Learns the score from held-out rows: their signals, and whether their label was the teacher's. One more, as unsure as
 * the least sure row and with nothing known, is always among them: where no held-out row was ever wrong, that alone
 * tells the model which way doubt lies. Imagined strangers have no say in that: as disagreements among the rows they
 * would reorder these by how unusual they are. What tells them from the rows lets the score fade beyond what is usual.
 */
export function fitScoreModel(
  signals: readonly Float64Array[],
  agrees: readonly boolean[],
  strangers: readonly Float64Array[] = [],
): ScoreModel {
  const first = signals[0] ?? new Float64Array(signalNames.length);
  const lows = Float64Array.from(first);
  const highs = Float64Array.from(first);
  const means = new Float64Array(signalNames.length);
  for (const row of signals)
    row.forEach((value, j) => {
      lows[j] = Math.min(lows[j] as number, value);
      highs[j] = Math.max(highs[j] as number, value);
      means[j] = (means[j] as number) + value / signals.length;
    });
  const nobody = means.map((mean, j) => (directions[j] === 0 ? mean : directions[j] === -1 ? 1 : (lows[j] as number)));
  const range = { lows: [...lows], highs: [...highs] };
  const model = fitLogistic([...signals, nobody], [...agrees, false], directions);
  const familiar = fitFamiliar(signals, strangers, range);
  const unseen = Float64Array.from(signals, (row) => row[2] as number).sort();
  const strangeFrom = unseen[Math.floor((1 - strangeShare) * (unseen.length - 1))] ?? 1;
  const nearest = Float64Array.from(signals, (row) => row[6] as number).sort();
  const strangeBelow = nearest[Math.ceil(strangeShare * (nearest.length - 1))] ?? -1;
  return { ...model, ...range, strangeFrom, strangeBelow, ...(familiar && { familiar }) };
}

/** What tells rows from strangers; undefined where there are none to tell apart. */
function fitFamiliar(
  signals: readonly Float64Array[],
  strangers: readonly Float64Array[],
  range: Pick<ScoreModel, 'lows' | 'highs'>,
): Familiar | undefined {
  if (strangers.length === 0 || signals.length === 0) return undefined;
  const outside = strangers.map((row) => boundedBy(range, row));
  const model = fitLogistic(
    [...signals, ...outside],
    [...signals.map(() => true), ...outside.map(() => false)],
    directions,
  );
  const odds = Float64Array.from(signals, (row) => logOdds(logisticProbability(model, row))).sort();
  return { ...model, usual: odds[Math.floor(unfamiliarShare * (odds.length - 1))] as number };
}
