/** Characters of a slot that are read; the rest of a longer text is not looked at. */
export const readCharacters = 20_000;

/** Longest character n-gram, counted with the boundary marks of its word. */
const longestCharacters = 4;

/**
 * Hashed n-grams of one input: word 1–2-grams and, inside each word padded with a boundary mark on both sides,
 * character 2–4-grams; lower-cased, one namespace per slot. Works on UTF-16 units, so lone surrogates are as good as
 * any other character. The arrays are reused by the next call.
 */
export interface Ngrams {
  /** One entry an occurrence, the words of each slot before its characters. */
  hashes: Int32Array;
  count: number;
  /** Where each block (a slot's words, then its characters, then the next slot's words, …) ends. */
  readonly blockEnds: number[];
}

export function emptyNgrams(): Ngrams {
  return { hashes: new Int32Array(1024), count: 0, blockEnds: [] };
}

/** Fills `into` with the n-grams of one input. */
export function hashNgrams(slots: readonly string[], into: Ngrams): Ngrams {
  into.count = 0;
  into.blockEnds.length = 0;
  for (let slot = 0; slot < slots.length; slot++) {
    const text = (slots[slot] as string).slice(0, readCharacters).toLowerCase();
    reserve(into, into.count + 5 * text.length + 2);
    hashWords(text, mix(slot * 2 + 1), into);
    into.blockEnds.push(into.count);
    hashCharacters(text, mix(slot * 2 + 2), into);
    into.blockEnds.push(into.count);
  }
  return into;
}

const fnvOffset = 0x811c9dc5 | 0;
const fnvPrime = 0x01000193;

function hashWords(text: string, seed: number, into: Ngrams): void {
  const { hashes } = into;
  let count = into.count;
  let previous = 0;
  let hash = fnvOffset ^ seed;
  let length = 0;
  for (let i = 0; i <= text.length; i++) {
    const unit = i < text.length ? text.charCodeAt(i) : 32;
    if (isWordUnit(unit)) {
      hash = Math.imul(hash ^ unit, fnvPrime);
      length++;
    } else if (length > 0) {
      const word = mix(hash);
      hashes[count++] = word;
      if (previous !== 0) hashes[count++] = mix(Math.imul(previous ^ seed, fnvPrime) ^ word);
      previous = word === 0 ? 1 : word;
      hash = fnvOffset ^ seed;
      length = 0;
    }
  }
  into.count = count;
}

function hashCharacters(text: string, seed: number, into: Ngrams): void {
  const { hashes } = into;
  let count = into.count;
  let start = 0;
  while (start < text.length) {
    while (start < text.length && isSpace(text.charCodeAt(start))) start++;
    let end = start;
    while (end < text.length && !isSpace(text.charCodeAt(end))) end++;
    if (end === start) break;
    // The word stands between marks at start − 1 and end.
    for (let from = start - 1; from < end; from++) {
      let hash = fnvOffset ^ seed;
      const last = Math.min(end, from + longestCharacters - 1);
      for (let i = from; i <= last; i++) {
        hash = Math.imul(hash ^ (i < start || i >= end ? 32 : text.charCodeAt(i)), fnvPrime);
        if (i > from) hashes[count++] = mix(hash);
      }
    }
    start = end;
  }
  into.count = count;
}

/** The finaliser of MurmurHash3 (32 bits), inlined FNV-1a before it: every input bit reaches every output bit. */
function mix(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function isSpace(unit: number): boolean {
  return unit <= 32 || unit === 0xa0 || unit === 0x3000 || (unit >= 0x2000 && unit <= 0x200b) || unit === 0x2028;
}

function isWordUnit(unit: number): boolean {
  if (unit < 128) return (unit >= 97 && unit <= 122) || (unit >= 48 && unit <= 57) || unit === 95;
  // Latin-1 signs, general punctuation and CJK punctuation separate words; everything else beyond ASCII is a letter.
  return unit >= 0xc0 && !(unit >= 0x2000 && unit <= 0x206f) && !(unit >= 0x3000 && unit <= 0x303f);
}

function reserve(into: Ngrams, length: number): void {
  if (into.hashes.length >= length) return;
  const larger = new Int32Array(length + (length >> 1));
  larger.set(into.hashes.subarray(0, into.count));
  into.hashes = larger;
}
