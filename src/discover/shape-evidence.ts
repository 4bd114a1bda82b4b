import { judgeClosed } from '../learn/closed-set.ts';
import type { Json } from '../records/call.ts';
import type { OutputShape } from '../records/output-shape.ts';
import type { AnswerTally } from './answer-tally.ts';
import { isWord, tokenise } from './tokens.ts';

/** What a prompt says about its answers, beside the answers themselves. */
export interface ShapeHints {
  /** All constant text of the template and its response format: a value that is named there is a value of a closed set. */
  readonly constants: string;
  /** The JSON schema of the answers, where the prompts give one. */
  readonly schema?: Json | undefined;
  /** What the answers were last held to be: a field keeps its kind while that still fits, for rows and students were read by it. */
  readonly before?: OutputShape | null;
}

export interface CountedText {
  readonly text: string;
  readonly count: number;
}

/** Equal answers that make a constant. */
const fewestForConstant = 50;

/** Answers in another form than the rest that a shape survives: refusals in words, slips. */
export function tolerated(count: number): number {
  return count < 40 ? 1 : Math.floor(count * 0.03);
}

export function increase(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

/** Whether enough was seen to say that values go on being new: most of a good number came once. */
export function isOpen(counts: readonly number[]): boolean {
  const { unseenShare } = judgeClosed(counts);
  const total = counts.reduce((sum, count) => sum + count, 0);
  return (total >= 60 && unseenShare > 0.3) || total >= 1000;
}

export function tooFewShape(different: number, tally: AnswerTally): OutputShape {
  return { kind: 'too-few-answers', why: `${different} different answers in ${tally.count}: not yet a closed set` };
}

/** One answer, so far. A filter that has met no spam yet answers the same as one that never will. */
export function sameShape(tally: AnswerTally): OutputShape {
  return tally.count >= fewestForConstant
    ? { kind: 'constant', why: `all ${tally.count} answers are the same` }
    : { kind: 'too-few-answers', why: `all ${tally.count} answers are the same so far` };
}

/** A number with what people write around it: a sign of money, of per cent. */
export function looksLikeNumber(text: string): boolean {
  return /^\s*[-+]?[$€£]?\d[\d.,\s]*%?\s*$/.test(text);
}

export function wordsIn(text: string): number {
  return tokenise(text).filter(isWord).length;
}

export function sumOf(items: readonly { readonly count: number }[]): number {
  return items.reduce((sum, item) => sum + item.count, 0);
}
