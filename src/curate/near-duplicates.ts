/** Texts whose sets of word pairs overlap at least this much (Jaccard) are near-duplicates. */
const similarEnough = 0.8;
/** Long texts are represented by this many of their word pairs: those with the smallest hashes (a bottom-k sketch). */
const sketchSize = 256;
/** 16 bands of 4 minima: a pair at the threshold meets in some bucket with probability 1 − (1 − 0.8⁴)¹⁶ > 0.9997. */
const bands = 16;
const rowsPerBand = 4;
/** Only so many members of a bucket are compared with a newcomer, so that the work stays linear in the texts. */
const bucketLimit = 12;

/** Finds earlier texts that say almost the same; one text at a time, in time linear in the texts' length. */
export interface DuplicateIndex {
  /** Adds a text and returns the numbers (0, 1, … in the order of adding) of earlier near-duplicates; empty for a new text. */
  add(slots: readonly string[]): readonly number[];
}

export function createDuplicateIndex(): DuplicateIndex {
  const sketches: Uint32Array[] = [];
  const exact = new Map<string, number>();
  const buckets = new Map<string, number[]>();
  return {
    add(slots) {
      const tokens = tokensOf(slots);
      const key = tokens.join(' ');
      const number = sketches.length;
      const twin = exact.get(key);
      if (twin !== undefined) {
        sketches.push(sketches[twin] as Uint32Array);
        return [twin];
      }
      exact.set(key, number);
      const sketch = sketchOf(tokens);
      const matches = new Set<number>();
      for (const bucketKey of bucketKeys(sketch)) {
        const bucket = buckets.get(bucketKey);
        if (!bucket) {
          buckets.set(bucketKey, [number]);
          continue;
        }
        for (const other of bucket) {
          if (!matches.has(other) && similarity(sketch, sketches[other] as Uint32Array) >= similarEnough)
            matches.add(other);
        }
        if (bucket.length < bucketLimit) bucket.push(number);
      }
      sketches.push(sketch);
      return [...matches];
    },
  };
}

/** For each text the number of its cluster: the smallest index among the texts it is connected with by near-duplicates. */
export function clusterNearDuplicates(texts: readonly (readonly string[])[]): Int32Array {
  const index = createDuplicateIndex();
  const parents = Int32Array.from(texts, (_, i) => i);
  const rootOf = (i: number): number => {
    let root = i;
    while (parents[root] !== root) root = parents[root] as number;
    for (let at = i; at !== root; ) {
      const next = parents[at] as number;
      parents[at] = root;
      at = next;
    }
    return root;
  };
  texts.forEach((slots, i) => {
    for (const match of index.add(slots)) {
      const [low, high] = [rootOf(match), rootOf(i)].sort((a, b) => a - b) as [number, number];
      parents[high] = low;
    }
  });
  return Int32Array.from(texts, (_, i) => rootOf(i));
}

/** Words, numbers, single ideographs and symbols, without case and punctuation; a bar stands between slots. */
function tokensOf(slots: readonly string[]): readonly string[] {
  const pattern = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{M}]+|\p{N}+|[^\s\p{P}]/gu;
  return slots.flatMap((slot, i) => {
    const tokens = slot.normalize('NFKC').toLowerCase().match(pattern) ?? [];
    return i === 0 ? tokens : ['|', ...tokens];
  });
}

/** Hashes of neighbouring tokens, with the text's edges, ascending and distinct. */
function sketchOf(tokens: readonly string[]): Uint32Array {
  const hashes = new Set<number>();
  let previous = hashOf('^', 0);
  for (const token of tokens) {
    const hash = hashOf(token, 0);
    hashes.add(mix(Math.imul(previous, 31) ^ hash));
    previous = hash;
  }
  hashes.add(mix(Math.imul(previous, 31) ^ hashOf('$', 0)));
  return Uint32Array.from(hashes).sort().slice(0, sketchSize);
}

function bucketKeys(sketch: Uint32Array): string[] {
  return Array.from({ length: bands }, (_, band) => {
    let key = `${band}`;
    for (let row = 0; row < rowsPerBand; row++) key += `:${smallest(sketch, band * rowsPerBand + row + 1)}`;
    return key;
  });
}

/** The smallest hash under the `seed`-th re-hashing. */
function smallest(sketch: Uint32Array, seed: number): number {
  let minimum = 0xffffffff;
  for (const hash of sketch) {
    const mixed = mix(hash ^ Math.imul(seed, 0x9e3779b1));
    if (mixed < minimum) minimum = mixed;
  }
  return minimum;
}

/** Jaccard similarity, estimated on the smallest hashes of the union; exact while neither sketch is full. */
function similarity(a: Uint32Array, b: Uint32Array): number {
  let [i, j, union, common] = [0, 0, 0, 0];
  const full = a.length === sketchSize || b.length === sketchSize;
  while (i < a.length || j < b.length) {
    if (full && union === sketchSize) break;
    const x = a[i] ?? Number.POSITIVE_INFINITY;
    const y = b[j] ?? Number.POSITIVE_INFINITY;
    if (x === y) common++;
    if (x <= y) i++;
    if (y <= x) j++;
    union++;
  }
  return union === 0 ? 1 : common / union;
}

/** FNV-1a over UTF-16 units. */
function hashOf(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/** Murmur's finaliser: spreads every bit over all others. */
function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
