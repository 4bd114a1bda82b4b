import { isWord, tokenise } from './tokens.ts';

/** What is known of a template's calls when asking whether another one succeeds it. */
export interface Lifespan {
  /** Text that is constant. */
  readonly constants: string;
  /** Times of a sample of its calls, milliseconds since 1970. */
  readonly times: readonly number[];
  /** What its answers are made of: labels, field names, names of tools. Empty for free text. */
  readonly vocabulary: ReadonlySet<string>;
}

/** At least this share of what the new answers are made of must be known from the old ones. */
const sameAnswers = 0.75;
/** Prompts this alike are versions of one, even while both are in use. */
const almostTheSame = 0.8;
/** Prompts less alike than this must follow each other in time. */
const alike = 0.5;

/** Whether one template is the other one rewritten: same answers, and alike prompts or one taking over from the other. */
export function isSuccessor(known: Lifespan, found: Lifespan): boolean {
  const likeness = jaccard(bigrams(known.constants), bigrams(found.constants));
  const follows = areDisjoint(known.times, found.times);
  if (known.vocabulary.size === 0 || found.vocabulary.size === 0)
    return (
      known.vocabulary.size === found.vocabulary.size && (likeness >= almostTheSame || (likeness >= alike && follows))
    );
  const answersShared = Math.max(
    containment(found.vocabulary, known.vocabulary),
    containment(known.vocabulary, found.vocabulary),
  );
  if (answersShared < sameAnswers) return false;
  return likeness >= almostTheSame || follows;
}

/** Whether (almost) all of the one came before (almost) all of the other. */
export function areDisjoint(some: readonly number[], others: readonly number[]): boolean {
  return isBefore(some, others) || isBefore(others, some);
}

function isBefore(some: readonly number[], others: readonly number[]): boolean {
  if (some.length === 0 || others.length === 0) return false;
  const end = quantile(some, 0.97);
  return end <= quantile(others, 0.03);
}

function quantile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))] ?? 0;
}

function containment(some: ReadonlySet<string>, others: ReadonlySet<string>): number {
  let shared = 0;
  for (const item of some) if (others.has(item)) shared++;
  return some.size === 0 ? 0 : shared / some.size;
}

function jaccard(some: ReadonlySet<string>, others: ReadonlySet<string>): number {
  let shared = 0;
  for (const item of some) if (others.has(item)) shared++;
  const all = some.size + others.size - shared;
  return all === 0 ? 1 : shared / all;
}

function bigrams(text: string): ReadonlySet<string> {
  const words = tokenise(text.toLowerCase()).filter(isWord);
  return new Set(words.map((word, i) => `${word} ${words[i + 1] ?? ''}`));
}
