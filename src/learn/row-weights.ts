import { type Random, seededRandom } from '../records/random.ts';
import { assignFolds } from './folds.ts';
import { guessMembers, type PairedGain, pairedGain } from './held-out-guess.ts';
import { foldDescent, type LearnedLinear, refitWhole } from './learn-linear.ts';
import { type LikelyError, likelyErrors } from './likely-errors.ts';
import { reweighView } from './linear-head.ts';
import { descendFold, type FoldParts, type Folds, partsOf, startFold } from './out-of-fold.ts';
import { balanceWeights, type ClassBalance, isUneven, leastWeight, type TrainingSet } from './training-set.ts';

/** How much each row may pull, where that is not the set's own weights. */
export interface RowWeights {
  /** In the student itself. */
  readonly whole: Float64Array;
  /** In the models that hold each fold out: no row of that fold had a say in them. */
  readonly inFold: readonly Float64Array[];
  /** Out-of-fold logits of the linear heads under these weights, in their order. */
  readonly outOfFold: readonly Float32Array[];
}

export interface ChosenWeights {
  /** Null: no other weights are better, and everything stays as it was. */
  readonly weights: RowWeights | null;
  readonly balance: ClassBalance;
  /** Rows whose label is likely wrong, by class, worst first. */
  readonly likelyErrors: readonly LikelyError<number>[];
  /** Whether these count less. */
  readonly isWeighedDown: boolean;
}

/** Heads that listen to weights, and the out-of-fold logits of those that do not. */
export interface WeighedHeads {
  readonly linear: readonly LearnedLinear[];
  readonly others: readonly Float32Array[];
}

/** Fewer rows cannot tell whether other weights are better. */
const fewestRows = 100;
/** Folds are tried up to so many held-out rows, and so many of their logits; one at least. */
const mostTried = { rows: 2500, logits: 100_000 };
/** With a smaller share of likely errors, weighing them down cannot matter. */
const fewestLikely = 0.02;
/** Other weights must be better by so many standard errors, and by so much of the loss that their time is well spent. */
const surely = 2;
const worthwhile = 0.01;
/** Within a fold, likely errors are found by models that hold out a third of its rows in turn. */
const innerFolds = 3;
/** A doubt needs no last digit. */
const innerDescent = { epochs: 2, tolerance: 0.003 };

/**
 * Chooses by cross-validation how far rare labels pull harder, and whether rows whose label is likely wrong pull less, by
 * as much as is doubted. All of it, the doubts as well, happens anew without each held-out fold, and is judged on every
 * row of it by the label it was given: agreeing with a noisy label counts, leaving it out does not help. Where weights
 * change, the heads' states are moved to their new optimum. `isFixed`: likely errors are found, and nothing changes.
 */
export function chooseRowWeights(
  heads: WeighedHeads,
  set: TrainingSet,
  folds: Folds,
  { seed, isFixed }: { readonly seed: number; readonly isFixed: boolean },
): ChosenWeights {
  const everyRow = Array.from(set.targets, (_, row) => row);
  const plain = heads.linear.map(({ outOfFold }) => outOfFold);
  const errors = likelyErrors([...set.targets], guessMembers([...plain, ...heads.others], set, everyRow));
  const unchanged = { weights: null, balance: 'full', likelyErrors: errors, isWeighedDown: false } as const;
  if (isFixed || set.targets.length < fewestRows || set.labels.length < 2) return unchanged;
  const trial = openTrial(heads, set, folds, seed);
  const balanced = chooseBalance(trial, plain);
  const balance = balanced?.balance ?? 'full';
  const base = balanceWeights(set, balance);
  const isDoubted = errors.length >= fewestLikely * set.targets.length;
  const doubting = isDoubted
    ? tryWeights(trial, balanced?.logits ?? plain, (parts) => doubtInFold(trial, parts, base))
    : null;
  const isWeighedDown = doubting !== null;
  const best = doubting ?? balanced;
  if (best === null) return unchanged;
  refitFolds(trial, best, [...trial.parts.keys()]);
  const whole = isWeighedDown ? weighDown(base, errors) : base;
  for (const head of heads.linear) refitWhole(head, whole, seed);
  const inFold = trial.parts.map((_, fold) => best.inFold.get(fold) as Float64Array);
  return { weights: { whole, inFold, outOfFold: best.logits }, balance, likelyErrors: errors, isWeighedDown };
}

/** What weights are tried on. */
interface Trial extends WeighedHeads {
  readonly set: TrainingSet;
  /** One a fold. */
  readonly parts: readonly FoldParts[];
  /** The folds that are tried. */
  readonly tried: readonly number[];
  readonly random: Random;
}

function openTrial(heads: WeighedHeads, set: TrainingSet, { foldOf, folds }: Folds, seed: number): Trial {
  const parts = Array.from({ length: folds }, (_, fold) => partsOf(foldOf, fold));
  const largest = Math.max(...parts.map(({ held }) => held.length));
  const most = Math.min(mostTried.rows, mostTried.logits / set.labels.length);
  const tried = [...parts.keys()].slice(0, Math.max(1, Math.floor(most / largest)));
  return { ...heads, set, parts, tried, random: seededRandom(seed) };
}

/** Weights in the folds that were refitted under them so far, and what came of it. */
interface Refits {
  readonly weightsIn: (parts: FoldParts) => Float64Array;
  readonly inFold: Map<number, Float64Array>;
  readonly logits: readonly Float32Array[];
}

interface Candidate extends Refits {
  readonly gain: PairedGain;
}

/** Null where the weights are not surely better than what gave the logits `before`; that shows after one fold, as a rule. */
function tryWeights(trial: Trial, before: readonly Float32Array[], weightsIn: Refits['weightsIn']): Candidate | null {
  const logits = trial.linear.map(({ outOfFold }) => new Float32Array(outOfFold.length));
  const refits = { weightsIn, inFold: new Map<number, Float64Array>(), logits };
  const gainUpTo = (folds: readonly number[]): PairedGain => {
    refitFolds(trial, refits, folds);
    const members = folds.flatMap((fold) => (trial.parts[fold] as FoldParts).held);
    const guess = (linear: readonly Float32Array[]) => guessMembers([...linear, ...trial.others], trial.set, members);
    return pairedGain(trial.set, members, { before: guess(before), after: guess(logits) });
  };
  if (gainUpTo(trial.tried.slice(0, 1)).loss.mean <= 0) return null;
  const gain = gainUpTo(trial.tried);
  return isSurelyBetter(gain) ? { ...refits, gain } : null;
}

function refitFolds({ linear, parts, random }: Trial, refits: Refits, folds: readonly number[]): void {
  for (const fold of folds) {
    if (refits.inFold.has(fold)) continue;
    const own = parts[fold] as FoldParts;
    const weights = refits.weightsIn(own);
    refits.inFold.set(fold, weights);
    linear.forEach((head, at) => {
      startFold(head, own.held);
      const view = reweighView(head.view, head.foldState, weights);
      descendFold({ ...head, view }, own, refits.logits[at] as Float32Array, { descent: foldDescent, random });
    });
  }
}

function isSurelyBetter({ loss, lossBefore, agreement }: PairedGain): boolean {
  const least = Math.max(surely * loss.standardError, worthwhile * lossBefore);
  return loss.mean > least && agreement.mean >= -agreement.standardError;
}

/** The balance that helps held-out rows most, sought step by step; null where the first step does not surely help. */
function chooseBalance(
  trial: Trial,
  plain: readonly Float32Array[],
): (Candidate & { readonly balance: ClassBalance }) | null {
  let best: ReturnType<typeof chooseBalance> = null;
  for (const balance of isUneven(trial.set) ? (['half', 'none'] as const) : []) {
    const weights = balanceWeights(trial.set, balance);
    const candidate = tryWeights(trial, plain, () => weights);
    if (candidate === null || candidate.gain.loss.mean <= (best?.gain.loss.mean ?? 0)) break;
    best = { ...candidate, balance };
  }
  return best;
}

/** Weights in a fold's models: likely errors among the rows that it keeps are found by models of parts of these alone. */
function doubtInFold({ linear, set, random }: Trial, { held, kept }: FoldParts, base: Float64Array): Float64Array {
  const targets = kept.map((row) => set.targets[row] as number);
  const innerOf = assignFolds(Int32Array.from(targets), innerFolds, random);
  const logits = linear.map(({ outOfFold }) => new Float32Array(outOfFold.length));
  for (let inner = 0; inner < innerFolds; inner++) {
    const { held: asked, kept: taught } = partsOf(innerOf, inner);
    const parts = { held: asked.map((at) => kept[at] as number), kept: taught.map((at) => kept[at] as number) };
    linear.forEach((head, at) => {
      startFold(head, [...held, ...parts.held]);
      const view = reweighView(head.view, head.foldState, base);
      descendFold({ ...head, view }, parts, logits[at] as Float32Array, { descent: innerDescent, random });
    });
  }
  const errors = likelyErrors(targets, guessMembers(logits, set, kept));
  return weighDown(
    base,
    errors.map((error) => ({ ...error, row: kept[error.row] as number })),
  );
}

/** A row counts by what is left of its label when the doubt is taken away. */
function weighDown(base: Float64Array, errors: readonly LikelyError<number>[]): Float64Array {
  const weights = base.slice();
  for (const { row, doubt } of errors) weights[row] = Math.max(leastWeight, (base[row] as number) * (1 - doubt));
  return weights;
}
