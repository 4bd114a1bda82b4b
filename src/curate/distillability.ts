import { type Band, bandOf, normalDeviates } from '../learn/band.ts';
import { coveragesOf, learnSelectivity } from '../learn/coverage-law.ts';
import { type LoggedAnswer, type LogSigns, readLogSigns } from './log-signs.ts';

/** Why the figure is what it is. */
export interface DistillabilityReason {
  readonly words: string;
  /** What it adds to the log odds of agreement beside a usual task; 0 where it is worth knowing and changes nothing. */
  readonly effect: number;
}

/** What a student of a task could do, from its log alone, before anything is trained. */
export interface Distillability {
  /** Expected share of the calls in which it says what the teacher says. */
  readonly agreement: Band;
  /** Expected share of the calls it could answer so that at most ε of all differ; hindsight, no certificate. */
  readonly answerable: Band;
  /** The weightiest first. */
  readonly reasons: readonly DistillabilityReason[];
  readonly signs: LogSigns;
}

/**
 * Log odds of agreement = intercept + Σ weight · sign. Fitted by ridge regression on students of 27 public sets at two to
 * five sizes each; left out one by one, the sets' agreement was met within 5.7 points in the mean, rank correlation 0.87
 * (bench/distillability.ts, which prints these numbers).
 */
export const formula = {
  intercept: -0.34,
  /** Log odds of `neighbours`, log odds of `majorityShare`, doublings of rows an answer. */
  weights: { neighbours: 1.01, majority: -0.09, rowsAnAnswer: 0.12 },
  /** The same signs of the mean public set. */
  usual: { neighbours: 0.5, majority: -0.5, rowsAnAnswer: 5.6 },
  /** Added for answers of several fields: taggers find more than neighbours do. Mean over six public sets. */
  fields: 0.45,
  /** Of the log odds, for a set that the fit has not seen. */
  deviation: 0.43,
};

/** Repeats cap the figure only where there are as many as this. */
const fewestRepeats = 10;

/** Null where no call has an answer. */
export function distillability(
  calls: readonly LoggedAnswer[],
  { kind, epsilon }: { readonly kind: 'label' | 'fields'; readonly epsilon: number },
): Distillability | null {
  const signs = readLogSigns(calls, kind);
  if (signs === null) return null;
  const values = formulaSigns(signs);
  const start = formula.intercept + (signs.fields.length > 0 ? formula.fields : 0);
  const odds = signNames.reduce((sum, name) => sum + formula.weights[name] * values[name], start);
  const ceiling = signs.copyable * (1 - signs.noAnswerShare);
  const cap = signs.repeats !== null && signs.repeats.n >= fewestRepeats ? signs.repeats.high : 1;
  const shares = normalDeviates.map((deviate) => Math.min(cap, ceiling * shareOf(odds + deviate * formula.deviation)));
  const errors = shares.map((share) => 1 - share);
  return {
    agreement: bandOf(shares),
    answerable: bandOf(coveragesOf(errors, learnSelectivity([], epsilon), epsilon)),
    reasons: reasonsOf(signs, values, { share: shareOf(odds), cap }),
    signs,
  };
}

type SignName = keyof typeof formula.weights;
const signNames = Object.keys(formula.weights) as readonly SignName[];

/** The signs as the formula takes them. */
export function formulaSigns({
  neighbours,
  majorityShare,
  rows,
  answers,
}: LogSigns): Readonly<Record<SignName, number>> {
  return {
    neighbours: oddsOf((neighbours.share * neighbours.n + 0.5) / (neighbours.n + 1)),
    majority: oddsOf(majorityShare),
    rowsAnAnswer: Math.log2(rows / answers),
  };
}

/** Logarithm of the odds of a share; shares are kept a thousandth away from 0 and 1. */
export function oddsOf(share: number): number {
  const inside = Math.min(0.999, Math.max(0.001, share));
  return Math.log(inside / (1 - inside));
}

function shareOf(odds: number): number {
  return 1 / (1 + Math.exp(-odds));
}

function reasonsOf(
  signs: LogSigns,
  values: Readonly<Record<SignName, number>>,
  { share, cap }: { readonly share: number; readonly cap: number },
): readonly DistillabilityReason[] {
  const { neighbours, majorityShare, rows, answers, copyable, noAnswerShare, repeats } = signs;
  const effectOf = (name: SignName): number => formula.weights[name] * (values[name] - formula.usual[name]);
  /** Of a factor on the share. */
  const lossOf = (factor: number): number => oddsOf(share * factor) - oddsOf(share);
  const reasons: readonly (DistillabilityReason | null)[] = [
    {
      words: `${percent(neighbours.share)} of the calls get their answer from the most similar others`,
      effect: effectOf('neighbours'),
    },
    { words: `the most frequent answer is ${percent(majorityShare)} of all`, effect: effectOf('majority') },
    { words: `${rows} calls for ${answers} different answers`, effect: effectOf('rowsAnAnswer') },
    ...signs.fields
      .filter(({ kind, explained }) => kind === 'free' || explained < 0.99)
      .map(({ path, explained, kind }) => ({ words: fieldWords(path, explained, kind), effect: lossOf(explained) })),
    copyable < 0.99
      ? { words: `${percent(copyable)} of the answers can be put together from closed sets and copies`, effect: 0 }
      : null,
    noAnswerShare > 0
      ? {
          words: `${percent(noAnswerShare)} of the calls have no answer of this form`,
          effect: lossOf(1 - noAnswerShare),
        }
      : null,
    repeats === null
      ? null
      : {
          words: `asked again, the teacher gives its first answer in ${percent(repeats.share)} of ${repeats.n} repeats`,
          effect: cap < share ? oddsOf(cap) - oddsOf(share) : 0,
        },
    { words: `inputs of ${signs.words} words`, effect: 0 },
    { words: `about ${percent(signs.unseenShare)} of the calls to come have an answer never seen`, effect: 0 },
  ];
  return reasons.filter((reason) => reason !== null).sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
}

function fieldWords(path: string, explained: number, kind: string): string {
  const field = `\`${path.replace(/^\//, '')}\``;
  const parts: Readonly<Record<string, string>> = {
    free: 'says nothing, or is free text',
    label: 'is of a closed set',
  };
  return `${field} ${parts[kind] ?? 'is copied from the input'} in ${percent(explained)} of the answers`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)}%`;
}
