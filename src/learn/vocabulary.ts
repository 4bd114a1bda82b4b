import { emptyNgrams, hashNgrams } from './ngrams.ts';

/** The n-grams that a student knows: column by hash, and how telling each is. */
export interface Vocabulary {
  readonly hashes: Int32Array;
  /** Inverse document frequency, one a column. */
  readonly idf: Float32Array;
  /** What an unknown n-gram would weigh. */
  readonly unknownIdf: number;
}

/** Where each hash stands; −1 for a hash that is not there. */
export interface HashTable {
  find(hash: number): number;
}

/** Training texts as counted n-grams. Row i owns the entries starts[i] … starts[i + 1]. */
export interface CountedRows {
  readonly starts: Int32Array;
  /** Feature of an entry: a position in `hashes`, in order of first appearance. */
  readonly features: Int32Array;
  readonly counts: Uint16Array;
  readonly hashes: Int32Array;
  /** Rows that hold a feature. */
  readonly documentFrequency: Int32Array;
  /** Which block (a slot's words, its characters, the next slot's words, …) a feature belongs to. */
  readonly blocks: Uint16Array;
}

/** Counts the n-grams of every text once; all folds and heads share the result. */
export function countNgrams(texts: readonly (readonly string[])[]): CountedRows {
  const ngrams = emptyNgrams();
  const starts = new Int32Array(texts.length + 1);
  const features = new GrowingIntegers();
  const counts = new GrowingIntegers();
  const known = new Interner();
  for (let row = 0; row < texts.length; row++) {
    hashNgrams(texts[row] as readonly string[], ngrams);
    const rowStart = features.length;
    let position = 0;
    for (let block = 0; block < ngrams.blockEnds.length; block++) {
      const end = ngrams.blockEnds[block] as number;
      for (; position < end; position++) {
        const feature = known.intern(ngrams.hashes[position] as number, block);
        const seenAt = known.lastEntry[feature] as number;
        if (seenAt >= rowStart) counts.values[seenAt] = Math.min(65535, (counts.values[seenAt] as number) + 1);
        else {
          known.lastEntry[feature] = features.length;
          known.documentFrequency[feature] = (known.documentFrequency[feature] as number) + 1;
          features.push(feature);
          counts.push(1);
        }
      }
    }
    starts[row + 1] = features.length;
  }
  return {
    starts,
    features: features.values.subarray(0, features.length),
    counts: Uint16Array.from(counts.values.subarray(0, counts.length)),
    hashes: known.hashes.slice(0, known.size),
    documentFrequency: known.documentFrequency.slice(0, known.size),
    blocks: known.blocks.slice(0, known.size),
  };
}

/**
 * Keeps the features that stand in at least `minimumRows` rows, the most frequent first, `limit` at most.
 * `columns[feature]` is the column of a feature, or −1.
 */
export function chooseVocabulary(
  counted: CountedRows,
  { minimumRows, limit }: { readonly minimumRows: number; readonly limit: number },
): { readonly vocabulary: Vocabulary; readonly columns: Int32Array } {
  const rows = counted.starts.length - 1;
  const frequency = counted.documentFrequency;
  const kept: number[] = [];
  for (let feature = 0; feature < frequency.length; feature++)
    if ((frequency[feature] as number) >= minimumRows) kept.push(feature);
  kept.sort((a, b) => (frequency[b] as number) - (frequency[a] as number) || a - b);
  if (kept.length > limit) kept.length = limit;
  const columns = new Int32Array(frequency.length).fill(-1);
  const hashes = new Int32Array(kept.length);
  const idf = new Float32Array(kept.length);
  kept.forEach((feature, column) => {
    columns[feature] = column;
    hashes[column] = counted.hashes[feature] as number;
    idf[column] = inverseDocumentFrequency(rows, frequency[feature] as number);
  });
  return { vocabulary: { hashes, idf, unknownIdf: inverseDocumentFrequency(rows, 0) }, columns };
}

/** Smoothed as in scikit-learn's TfidfTransformer: as if one more row held every feature. */
function inverseDocumentFrequency(rows: number, frequency: number): number {
  return Math.log((1 + rows) / (1 + frequency)) + 1;
}

/** An open-addressing table; half of it stays empty, so that a missing hash is missed soon. */
export function hashTable(hashes: Int32Array): HashTable {
  const mask = tableSize(hashes.length) - 1;
  const columns = new Int32Array(mask + 1).fill(-1);
  const keys = new Int32Array(mask + 1);
  for (let column = 0; column < hashes.length; column++) {
    const hash = hashes[column] as number;
    let place = hash & mask;
    while (columns[place] !== -1 && keys[place] !== hash) place = (place + 1) & mask;
    keys[place] = hash;
    columns[place] = column;
  }
  return {
    find(hash) {
      let place = hash & mask;
      for (;;) {
        const column = columns[place] as number;
        if (column === -1 || keys[place] === hash) return column;
        place = (place + 1) & mask;
      }
    },
  };
}

function tableSize(entries: number): number {
  let size = 16;
  while (size < entries * 2) size *= 2;
  return size;
}

class GrowingIntegers {
  values = new Int32Array(4096);
  length = 0;

  push(value: number): void {
    if (this.length === this.values.length) this.values = doubled(this.values);
    this.values[this.length++] = value;
  }
}

/** Gives each hash a number in order of first appearance. */
class Interner {
  hashes = new Int32Array(4096);
  blocks = new Uint16Array(4096);
  documentFrequency = new Int32Array(4096);
  lastEntry = new Int32Array(4096).fill(-1);
  size = 0;
  #places = new Int32Array(16384).fill(-1);

  intern(hash: number, block: number): number {
    const mask = this.#places.length - 1;
    let place = hash & mask;
    for (;;) {
      const feature = this.#places[place] as number;
      if (feature === -1) break;
      if (this.hashes[feature] === hash) return feature;
      place = (place + 1) & mask;
    }
    const feature = this.size++;
    if (feature === this.hashes.length) this.#grow();
    this.#places[place] = feature;
    this.hashes[feature] = hash;
    this.blocks[feature] = block;
    this.lastEntry[feature] = -1;
    if (this.size * 2 > this.#places.length) this.#rehash();
    return feature;
  }

  #grow(): void {
    this.hashes = doubled(this.hashes);
    this.documentFrequency = doubled(this.documentFrequency);
    this.lastEntry = doubled(this.lastEntry);
    const blocks = new Uint16Array(this.hashes.length);
    blocks.set(this.blocks);
    this.blocks = blocks;
  }

  #rehash(): void {
    this.#places = new Int32Array(this.#places.length * 2).fill(-1);
    const mask = this.#places.length - 1;
    for (let feature = 0; feature < this.size; feature++) {
      let place = (this.hashes[feature] as number) & mask;
      while (this.#places[place] !== -1) place = (place + 1) & mask;
      this.#places[place] = feature;
    }
  }
}

function doubled(values: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(values.length * 2);
  larger.set(values);
  return larger;
}
