import type { Example } from '../records/example.ts';
import type { Predict } from './prediction.ts';

export type BaselineName = 'majority' | 'memorised' | 'nearest';

/** Every cheap answer that a student has to beat, made from the rows that trained it. Rows without a label are ignored. */
export function createBaselines(
  train: readonly Pick<Example, 'slots' | 'label'>[],
): Readonly<Record<BaselineName, Predict>> | null {
  const rows = train.flatMap(({ slots, label }) => (label === null ? [] : [{ slots, label }]));
  if (rows.length === 0) return null;
  const majority = createMajority(rows);
  return { majority, memorised: createMemorised(rows, majority), nearest: createNearest(rows, majority) };
}

interface LabelledRow {
  readonly slots: readonly string[];
  readonly label: string;
}

/** Always the most frequent label; its score is that label's share. */
function createMajority(rows: readonly LabelledRow[]): Predict {
  const counts = countBy(rows.map((row) => row.label));
  const [label, count] = mostFrequent(counts);
  const prediction = { label, score: count / rows.length };
  return () => prediction;
}

/** What was most often answered to exactly this text, case and white space aside; to anything else the majority, with score 0. */
function createMemorised(rows: readonly LabelledRow[], otherwise: Predict): Predict {
  const seen = new Map<string, Map<string, number>>();
  for (const { slots, label } of rows) {
    const key = memoryKey(slots);
    const counts = seen.get(key) ?? new Map<string, number>();
    counts.set(label, (counts.get(label) ?? 0) + 1);
    seen.set(key, counts);
  }
  return (slots) => {
    const counts = seen.get(memoryKey(slots));
    return counts ? { label: mostFrequent(counts)[0], score: 1 } : { label: otherwise(slots).label, score: 0 };
  };
}

function memoryKey(slots: readonly string[]): string {
  return JSON.stringify(slots.map((slot) => slot.normalize('NFC').replace(/\s+/g, ' ').trim().toLowerCase()));
}

/** More rows would not change the picture, only the time: a query is linear in the rows that share its n-grams. */
const nearestRows = 20_000;

/** The label of the training row with the highest cosine of tf-idf-weighted n-grams, which is its score. */
function createNearest(all: readonly LabelledRow[], otherwise: Predict): Predict {
  const rows = all.slice(-nearestRows);
  const rowGrams = rows.map((row) => gramsOf(row.slots));
  const frequencies = countBy(rowGrams.flatMap((grams) => [...grams.keys()]));
  const weigh = (grams: ReadonlyMap<string, number>) => {
    const weights = [...grams].map(([gram, count]) => {
      const rarity = Math.log((rows.length + 1) / ((frequencies.get(gram) ?? 0) + 1)) + 1;
      return [gram, (1 + Math.log(count)) * rarity] as const;
    });
    const length = Math.hypot(...weights.map(([, weight]) => weight)) || 1;
    return weights.map(([gram, weight]) => [gram, weight / length] as const);
  };
  const postings = new Map<string, { readonly row: number; readonly weight: number }[]>();
  rowGrams.forEach((grams, row) => {
    for (const [gram, weight] of weigh(grams)) {
      const posting = postings.get(gram);
      if (posting) posting.push({ row, weight });
      else postings.set(gram, [{ row, weight }]);
    }
  });
  const cosines = new Float64Array(rows.length);
  return (slots) => {
    cosines.fill(0);
    for (const [gram, weight] of weigh(gramsOf(slots))) {
      for (const posting of postings.get(gram) ?? [])
        cosines[posting.row] = (cosines[posting.row] as number) + weight * posting.weight;
    }
    let best = 0;
    for (let row = 1; row < cosines.length; row++) if ((cosines[row] as number) > (cosines[best] as number)) best = row;
    const score = cosines[best] as number;
    return { label: score > 0 ? (rows[best] as LabelledRow).label : otherwise(slots).label, score };
  };
}

/** Only so much of a text is compared. */
const nearestWords = 500;

/** Words, pairs of words and the first five letters of words, one namespace a slot, with their counts. */
function gramsOf(slots: readonly string[]): ReadonlyMap<string, number> {
  return countBy(
    slots.flatMap((slot, place) => {
      const words = (slot.toLowerCase().match(/[\p{L}\p{M}\p{N}]+|[^\s\p{L}\p{M}\p{N}]/gu) ?? []).slice(
        0,
        nearestWords,
      );
      return words.flatMap((word, i) => [
        `${place}w${word}`,
        `${place}p${words[i - 1] ?? '^'} ${word}`,
        `${place}s${word.slice(0, 5)}`,
      ]);
    }),
  );
}

function countBy<Key>(keys: readonly Key[]): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** Ties go to the key that came first, so that the same rows always give the same baseline. */
function mostFrequent(counts: ReadonlyMap<string, number>): readonly [string, number] {
  let best: readonly [string, number] = ['', 0];
  for (const entry of counts) if (entry[1] > best[1]) best = entry;
  return best;
}
