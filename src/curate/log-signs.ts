import { binomialInterval } from '../certify/binomial-bounds.ts';
import type { FieldKind } from '../learn/fields/field-plan.ts';
import { skeletonsOf } from './answer-skeleton.ts';
import { clusterNearDuplicates } from './near-duplicates.ts';
import { neighbourAgreement } from './neighbour-agreement.ts';

/** A call as far as distilling it is concerned. */
export interface LoggedAnswer {
  readonly slots: readonly string[];
  /** Canonical; null where the teacher gave no answer of the task's shape. */
  readonly label: string | null;
}

/** A share with its 95 % interval, and from how many it was counted. */
export interface CountedShare {
  readonly share: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

export interface FieldSign {
  /** Path in the answer: `/field`. */
  readonly path: string;
  readonly kind: FieldKind['kind'];
  /** Share of the answers in which the field follows its kind: copied from the input, or of a closed set. */
  readonly explained: number;
}

/** What the log alone says about a task. */
export interface LogSigns {
  /** Calls with an answer. */
  readonly rows: number;
  /** Share of all calls without an answer of the task's shape. */
  readonly noAnswerShare: number;
  /** Different answers; of several fields, without what is copied. */
  readonly answers: number;
  /** How much the second half of the rows added to them, as a share. */
  readonly answersGrowth: number;
  /** Good–Turing: about this share of the calls to come has an answer that has not been seen. */
  readonly unseenShare: number;
  readonly majorityShare: number;
  /** Of the answers, in bits. */
  readonly entropy: number;
  /** Calls that get their answer from the most similar other calls. */
  readonly neighbours: CountedShare;
  /** Near-duplicate calls to which the teacher gave the first one's answer; null where nothing was asked twice. */
  readonly repeats: CountedShare | null;
  /** Share of the calls that are near-duplicates of an earlier one. */
  readonly repeatShare: number;
  /** Median of the input. */
  readonly words: number;
  /** Empty where the answer is one label. */
  readonly fields: readonly FieldSign[];
  /** Share of the answers that closed sets and copies can say; 1 for labels. */
  readonly copyable: number;
}

/** Reads the signs; null where no call has an answer. */
export function readLogSigns(calls: readonly LoggedAnswer[], kind: 'label' | 'fields'): LogSigns | null {
  const rows = calls.filter(({ label }) => label !== null);
  if (rows.length === 0) return null;
  const inputs = rows.map(({ slots }) => slots);
  const answers = rows.map(({ label }) => label ?? '');
  const { skeletons, fields, copyable } =
    kind === 'label' ? { skeletons: answers, fields: [], copyable: 1 } : skeletonsOf(inputs, answers);
  const counts = [...countOf(skeletons).values()];
  const { asked, agreeing } = neighbourAgreement(inputs, skeletons);
  return {
    rows: rows.length,
    noAnswerShare: 1 - rows.length / calls.length,
    answers: counts.length,
    answersGrowth: counts.length / new Set(skeletons.slice(0, Math.ceil(rows.length / 2))).size - 1,
    unseenShare: counts.filter((count) => count === 1).length / rows.length,
    majorityShare: Math.max(...counts) / rows.length,
    entropy: counts.reduce((sum, count) => sum - (count / rows.length) * Math.log2(count / rows.length), 0),
    neighbours: countedShare(agreeing, asked),
    ...readRepeats(inputs, answers),
    words: medianWords(inputs),
    fields: fields.map(({ path, explained, as }) => ({ path, kind: as.kind, explained })),
    copyable,
  };
}

function countOf(answers: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return counts;
}

function readRepeats(
  inputs: readonly (readonly string[])[],
  answers: readonly string[],
): Pick<LogSigns, 'repeats' | 'repeatShare'> {
  const clusters = clusterNearDuplicates(inputs);
  const repeats = answers.flatMap((answer, row) => {
    const first = clusters[row] as number;
    return first === row ? [] : [answer === answers[first]];
  });
  return {
    repeats: repeats.length === 0 ? null : countedShare(repeats.filter(Boolean).length, repeats.length),
    repeatShare: repeats.length / inputs.length,
  };
}

function countedShare(count: number, n: number): CountedShare {
  return { share: count / n, ...binomialInterval({ errors: count, n, delta: 0.05 }), n };
}

/** Only so many inputs are counted, evenly spread. */
const mostCounted = 1000;

function medianWords(inputs: readonly (readonly string[])[]): number {
  const stride = Math.ceil(inputs.length / mostCounted);
  const lengths = inputs
    .filter((_, row) => row % stride === 0)
    .map((slots) => slots.join(' ').match(/\S+/g)?.length ?? 0)
    .sort((a, b) => a - b);
  return lengths[Math.floor(lengths.length / 2)] ?? 0;
}
