import { blendRow, fitBlend } from './blend.ts';
import { portableLog } from './portable-math.ts';
import { softmax } from './softmax.ts';
import { topTwo } from './top-two.ts';
import type { TrainingSet } from './training-set.ts';

/** What heads that did not learn from a row say to it together. */
export interface ClassGuess {
  /** The likeliest class. */
  readonly label: number;
  /** Its probability. */
  readonly score: number;
  /** Probability of the row's own class. */
  readonly ownShare: number;
}

/** One guess a member: the blend of the heads' logits (rows × width each) that fits the members' own labels best. */
export function guessMembers(
  heads: readonly Float32Array[],
  { width, labels, targets, rowWeights }: TrainingSet,
  members: readonly number[],
): readonly ClassGuess[] {
  const classes = labels.length;
  const own = heads.map((logits) => pickRows(logits, members, width));
  const blend = fitBlend(own, {
    width,
    classes,
    targets: Int32Array.from(members, (row) => targets[row] as number),
    rowWeights: Float64Array.from(members, (row) => rowWeights[row] as number),
  });
  const logits = new Float64Array(classes);
  const shares = new Float64Array(classes);
  return members.map((row, at) => {
    blendRow(own, at * width, blend, logits);
    softmax(logits, classes, 1, shares);
    const { best } = topTwo(logits, classes);
    return { label: best, score: shares[best] as number, ownShare: shares[targets[row] as number] as number };
  });
}

function pickRows(logits: Float32Array, members: readonly number[], width: number): Float32Array {
  const picked = new Float32Array(members.length * width);
  members.forEach((row, at) => {
    picked.set(logits.subarray(row * width, (row + 1) * width), at * width);
  });
  return picked;
}

/** How much better the second guesses of the same rows are. */
export interface PairedGain {
  /** Cross entropy of the first guesses. */
  readonly lossBefore: number;
  /** Fall of the cross entropy with the rows' own labels. */
  readonly loss: Mean;
  /** Rise of the share that gets its own label. */
  readonly agreement: Mean;
}

export interface Mean {
  readonly mean: number;
  readonly standardError: number;
}

/** Every row counts with the label it was given, right or wrong, however little it taught. */
export function pairedGain(
  { targets, rowWeights }: Pick<TrainingSet, 'targets' | 'rowWeights'>,
  members: readonly number[],
  { before, after }: Readonly<Record<'before' | 'after', readonly ClassGuess[]>>,
): PairedGain {
  const weights = members.map((row) => rowWeights[row] as number);
  const difference = (figureOf: (guess: ClassGuess, row: number) => number): readonly number[] =>
    members.map((row, at) => figureOf(after[at] as ClassGuess, row) - figureOf(before[at] as ClassGuess, row));
  const logShare = ({ ownShare }: ClassGuess): number => portableLog(Math.max(leastShare, ownShare));
  return {
    lossBefore: -weightedMean(before.map(logShare), weights).mean,
    loss: weightedMean(difference(logShare), weights),
    agreement: weightedMean(
      difference(({ label }, row) => (label === targets[row] ? 1 : 0)),
      weights,
    ),
  };
}

/** A label given less is as good as ruled out. */
const leastShare = 1e-7;

function weightedMean(values: readonly number[], weights: readonly number[]): Mean {
  const total = Math.max(1e-9, sum(weights));
  const mean = sum(values.map((value, at) => value * (weights[at] as number))) / total;
  const squares = sum(values.map((value, at) => ((value - mean) * (weights[at] as number)) ** 2));
  return { mean, standardError: Math.sqrt(squares) / total };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
