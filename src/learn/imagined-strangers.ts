import type { Random } from '../records/random.ts';
import { shuffled } from '../records/random.ts';
import type { TrainingRow } from './student-contract.ts';

/** An input that nobody would send to this task. */
export interface Stranger {
  readonly slots: readonly string[];
  readonly vector: Float32Array | null;
}

/** As many of the rows have a stranger made of them, and never more than the second number. */
const strangerShare = 0.1;
const mostStrangers = 400;
/** Rows that a vector is mixed from. */
const mixedRows = 30;
/** Letters of a longer slot are not worth shuffling. */
const longestSlot = 2000;

/**
 * Strangers made of training rows: their letters shuffled within each word, so that lengths and letters are usual and
 * words are not; with a vector from the normal distribution that the rows' own vectors have, so that it lies among them and
 * near none.
 */
export function imagineStrangers(
  rows: readonly TrainingRow[],
  withVectors: boolean,
  random: Random,
): readonly Stranger[] {
  const count = Math.min(mostStrangers, Math.ceil(rows.length * strangerShare));
  const vectors = withVectors ? rows.flatMap(({ vector }) => (vector === undefined ? [] : [vector])) : [];
  const mean = meanOf(vectors);
  return shuffled(rows, random)
    .slice(0, count)
    .map(({ slots }) => ({
      slots: slots.map((slot) => shuffleLetters(slot.slice(0, longestSlot), random)),
      vector: withVectors ? mixedVector(vectors, mean, random) : null,
    }));
}

function shuffleLetters(text: string, random: Random): string {
  return text.replace(/\p{L}+/gu, (word) => shuffled([...word], random).join(''));
}

function meanOf(vectors: readonly Float32Array[]): Float64Array {
  const mean = new Float64Array(vectors[0]?.length ?? 0);
  for (const vector of vectors)
    for (let d = 0; d < mean.length; d++) mean[d] = (mean[d] as number) + (vector[d] as number) / vectors.length;
  return mean;
}

/** Mean and a normal mixture of what random rows add to it, at unit length: mean and covariance are the rows' own. */
function mixedVector(vectors: readonly Float32Array[], mean: Float64Array, random: Random): Float32Array {
  const mixed = Float64Array.from(mean);
  for (let draw = 0; draw < mixedRows; draw++) {
    const vector = vectors[Math.floor(random() * vectors.length)] as Float32Array;
    const share = normal(random) / Math.sqrt(mixedRows);
    for (let d = 0; d < mixed.length; d++)
      mixed[d] = (mixed[d] as number) + share * ((vector[d] as number) - (mean[d] as number));
  }
  const length = Math.sqrt(mixed.reduce((sum, value) => sum + value * value, 0));
  return Float32Array.from(mixed, (value) => (length > 0 ? value / length : 0));
}

/** Box and Muller's transformation. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
