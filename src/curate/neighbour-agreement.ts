import { countNgrams } from '../learn/vocabulary.ts';

/** How often the answers of the most similar other calls settle a call's answer. */
export interface NeighbourAgreement {
  /** Calls that were asked about. */
  readonly asked: number;
  /** How many of them got their own answer from their neighbours. */
  readonly agreeing: number;
}

/** So many calls are asked about, and so many searched: more change the figure by less than chance does. */
const mostAsked = 400;
const mostSearched = 2000;
const neighbours = 7;
/** Texts count with so many n-grams at most, the most telling ones, of so many characters a slot. */
const mostNgrams = 100;
const mostCharacters = 2000;

/**
 * Leaves each call out and lets the others vote, the most similar ones by their cosine (tf-idf of the n-grams that a
 * student sees). Nothing is trained; it says how far an answer follows from words alone. The calls are taken evenly
 * from the whole of the rows.
 */
export function neighbourAgreement(
  inputs: readonly (readonly string[])[],
  answers: readonly string[],
): NeighbourAgreement {
  const rows = evenly(inputs.length, mostSearched);
  const vectors = weigh(
    rows.map((row) => (inputs[row] as readonly string[]).map((slot) => slot.slice(0, mostCharacters))),
  );
  const postings = new Map<number, { readonly row: number; readonly value: number }[]>();
  vectors.forEach((vector, row) => {
    for (const [feature, value] of vector) {
      const posting = postings.get(feature);
      if (posting === undefined) postings.set(feature, [{ row, value }]);
      else posting.push({ row, value });
    }
  });
  const cosines = new Float64Array(rows.length);
  const asked = evenly(rows.length, mostAsked);
  const agreeing = asked.filter((row) => {
    cosines.fill(0);
    for (const [feature, value] of vectors[row] ?? [])
      for (const other of postings.get(feature) ?? [])
        cosines[other.row] = (cosines[other.row] as number) + value * other.value;
    cosines[row] = 0;
    return vote(cosines, (other) => answers[rows[other] as number] as string) === answers[rows[row] as number];
  }).length;
  return { asked: asked.length, agreeing };
}

/** The answer with the most similarity behind it; undefined where no other call has anything in common. */
function vote(cosines: Float64Array, answerOf: (row: number) => string): string | undefined {
  const nearest: number[] = [];
  for (let row = 0; row < cosines.length; row++) {
    const cosine = cosines[row] as number;
    if (cosine === 0) continue;
    if (nearest.length === neighbours && cosine <= (cosines[nearest.at(-1) as number] as number)) continue;
    const place = nearest.findIndex((other) => (cosines[other] as number) < cosine);
    nearest.splice(place < 0 ? nearest.length : place, 0, row);
    nearest.length = Math.min(nearest.length, neighbours);
  }
  const votes = new Map<string, number>();
  for (const row of nearest) votes.set(answerOf(row), (votes.get(answerOf(row)) ?? 0) + (cosines[row] as number) ** 2);
  return [...votes].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** So many of the numbers below `count`, evenly spread. */
function evenly(count: number, most: number): readonly number[] {
  const taken = Math.min(count, most);
  return Array.from({ length: taken }, (_, i) => Math.floor((i * count) / taken));
}

/** Unit vectors; n-grams that only one text holds connect nobody and are left out. */
function weigh(texts: readonly (readonly string[])[]): readonly (readonly (readonly [number, number])[])[] {
  const { starts, features, counts, documentFrequency } = countNgrams(texts);
  return texts.map((_, row) => {
    const entries: [number, number][] = [];
    for (let entry = starts[row] as number; entry < (starts[row + 1] as number); entry++) {
      const feature = features[entry] as number;
      const frequency = documentFrequency[feature] as number;
      if (frequency < 2 || frequency > texts.length / 2) continue;
      entries.push([feature, (1 + Math.log(counts[entry] as number)) * Math.log(texts.length / frequency)]);
    }
    const kept = entries.sort((a, b) => b[1] - a[1]).slice(0, mostNgrams);
    const length = Math.hypot(...kept.map(([, value]) => value)) || 1;
    return kept.map(([feature, value]) => [feature, value / length] as const);
  });
}
