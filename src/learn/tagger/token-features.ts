import { lexicalClassCount, lexicalClasses } from './lexical-classes.ts';
import { type Tokens, tokenise, tokenKind } from './tokens.ts';

/** Hashed features of the tokens of one slot: token i owns hashes[starts[i]] … hashes[starts[i + 1]]. Reused by the next read. */
export interface SlotFeatures {
  readonly tokens: Tokens;
  starts: Int32Array;
  hashes: Int32Array;
  /** What each feature speaks of, as bits of `featureGroup`. */
  readonly groups: Uint8Array;
  /** Of each token's features, how many lead that speak of the token's own letters only. */
  readonly ownFeatures: Uint8Array;
}

/** What a feature speaks of: the token's own word, its neighbours' words, other slots; own: nothing but the token's letters. */
export const featureGroup = { word: 1, context: 2, hint: 4, own: 8 } as const;

const mostFeatures = 160;
const shortSlotTokens = 8;

/** Everything of a token that features are made of. */
interface TokenTraits {
  readonly word: Int32Array;
  readonly raw: Int32Array;
  readonly shape: Int32Array;
  readonly kind: Int32Array;
  readonly gap: Uint8Array;
}

export function readTokens(slots: readonly string[]): readonly Tokens[] {
  return slots.map(tokenise);
}

export function readFeatures(slots: readonly string[], slot: number, allTokens: readonly Tokens[]): SlotFeatures {
  const text = slots[slot] as string;
  const tokens = allTokens[slot] as Tokens;
  const { count } = tokens;
  const traits = readTraits(text, tokens);
  const hints = readHints(slots, slot, allTokens);
  const hashes = new Int32Array(count * mostFeatures);
  const starts = new Int32Array(count + 1);
  const ownFeatures = new Uint8Array(count);
  let n = 0;
  const { word, raw, shape, kind, gap } = traits;
  const at = (values: Int32Array, i: number): number =>
    i < 0 ? -7 - Math.max(i, -2) : i >= count ? 7 + Math.min(2, i - count) : (values[i] as number);
  const seed = slot * 977;
  const groups = new Uint8Array(hashes.length);
  const put = (template: number, a: number, b = 0, c = 0): void => {
    groups[n] = groupOf[template] as number;
    hashes[n++] = mix(
      Math.imul(Math.imul(Math.imul(((template + seed) * 0x9e3779b1) ^ a, 0x01000193) ^ b, 0x85ebca6b) ^ c, 0xc2b2ae35),
    );
  };
  const lengthBucket = count < 6 ? count : count < 12 ? 6 : count < 25 ? 7 : 8;
  for (let i = 0; i < count; i++) {
    const w = word[i] as number;
    const s = shape[i] as number;
    const k = kind[i] as number;
    // Own letters.
    put(1, w);
    put(2, raw[i] as number);
    n = putAffixes(text, tokens, i, hashes, n, seed);
    ownFeatures[i] = n - (starts[i] as number);
    groups.fill(featureGroup.word | featureGroup.own, starts[i], n);
    put(3, s);
    put(4, k);
    put(0, 0);
    put(5, s, at(shape, i + 1));
    put(6, s, at(shape, i - 1));
    put(7, at(shape, i - 1), s, at(shape, i + 1));
    // Neighbouring words.
    const [b2, b1, a1, a2] = [at(word, i - 2), at(word, i - 1), at(word, i + 1), at(word, i + 2)];
    put(10, b1);
    put(11, a1);
    put(12, b2);
    put(13, a2);
    put(14, b1, w);
    put(15, w, a1);
    put(16, b2, b1);
    put(17, a1, a2);
    put(18, b1, a1);
    put(19, b1, s);
    put(20, a1, s);
    put(21, b2, b1, k);
    put(22, a1, a2, k);
    put(29, b1, at(kind, i - 2), k);
    // Neighbouring kinds.
    const [kb2, kb1, ka1, ka2] = [at(kind, i - 2), at(kind, i - 1), at(kind, i + 1), at(kind, i + 2)];
    put(30, kb1);
    put(31, ka1);
    put(32, kb2);
    put(33, ka2);
    put(34, kb1, k);
    put(35, k, ka1);
    put(39, kb2, kb1);
    put(40, ka1, ka2);
    put(41, w, ka1);
    put(42, w, kb1);
    // Place.
    const begin = Math.min(i, 4);
    const end = Math.min(count - 1 - i, 4);
    put(50, begin);
    put(51, end);
    put(52, begin, k);
    put(53, end, k);
    put(54, lengthBucket, k);
    put(55, gap[i] as number, i + 1 < count ? (gap[i + 1] as number) : 3);
    put(56, (gap[i] as number) * 4 + (i + 1 < count ? (gap[i + 1] as number) : 3), k, kb1);
    if (count <= 4) put(57, count * 8 + i, k);
    // The wider window, as bags.
    for (let d = 1; d <= 6; d++) {
      if (d > 2 && i - d >= 0) put(60, word[i - d] as number);
      if (d > 2 && i + d < count) put(61, word[i + d] as number);
    }
    put(62, at(word, 0), at(word, 1));
    put(63, at(word, 0), k);
    for (const hint of hints) {
      put(70, hint);
      put(71, hint, k);
      put(72, hint, w);
      put(73, hint, s, lengthBucket);
      put(74, hint, kb1, k);
      put(75, hint, begin, end);
    }
    starts[i + 1] = n;
  }
  return { tokens, starts, hashes: hashes.subarray(0, n), groups, ownFeatures };
}

/** Templates by what they speak of. */
const wordTemplates = [1, 2, 14, 15, 41, 42, 72];
const contextTemplates = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 29, 60, 61, 62, 63];
const hintTemplates = [70, 71, 72, 73, 74, 75];
const groupOf = Uint8Array.from(
  { length: 80 },
  (_, template) =>
    (wordTemplates.includes(template) ? featureGroup.word : 0) |
    (contextTemplates.includes(template) ? featureGroup.context : 0) |
    (hintTemplates.includes(template) ? featureGroup.hint : 0),
);

/** What short other slots say, such as which field was asked for. */
function readHints(slots: readonly string[], slot: number, allTokens: readonly Tokens[]): number[] {
  const hints: number[] = [];
  slots.forEach((text, other) => {
    const tokens = allTokens[other] as Tokens;
    if (other === slot || tokens.count > shortSlotTokens) return;
    hints.push(hashUnits(text, 0, Math.min(text.length, 200), other));
  });
  return hints.slice(0, 4);
}

function readTraits(text: string, tokens: Tokens): TokenTraits {
  const { count, starts, ends, kinds } = tokens;
  const traits: TokenTraits = {
    word: new Int32Array(count),
    raw: new Int32Array(count),
    shape: new Int32Array(count),
    kind: new Int32Array(count),
    gap: new Uint8Array(count),
  };
  for (let i = 0; i < count; i++) {
    const start = starts[i] as number;
    const end = ends[i] as number;
    const word = text.slice(start, end);
    const lower = word.toLowerCase();
    traits.word[i] = hashUnits(lower, 0, lower.length, 1);
    traits.raw[i] = hashUnits(word, 0, word.length, 2);
    const shape = shapeOf(word, lower, kinds[i] as number);
    traits.shape[i] = shape;
    traits.kind[i] = kindOf(lower, shape);
    traits.gap[i] = i === 0 ? 3 : gapOf(text, ends[i - 1] as number, start);
  }
  return traits;
}

/** 0: none; 1: spaces; 2: a new line; 3: the edge. */
function gapOf(text: string, from: number, to: number): number {
  if (from === to) return 0;
  for (let i = from; i < to; i++) if (text.charCodeAt(i) === 10) return 2;
  return 1;
}

/** Small numbers for shapes of letters and lengths of digits; the character itself for a sign. */
function shapeOf(word: string, lower: string, kind: number): number {
  if (kind === tokenKind.letters) {
    const upper = word.toUpperCase();
    const size = word.length === 1 ? 0 : word.length <= 3 ? 1 : 2;
    const form =
      word === lower ? (word === upper ? 3 : 0) : word === upper ? 1 : word.charAt(0) !== lower.charAt(0) ? 2 : 4;
    return 100 + form * 3 + size;
  }
  if (kind === tokenKind.digits) return 200 + Math.min(word.length, 12);
  if (kind === tokenKind.sign) return 1000 + word.charCodeAt(0);
  return 300 + kind;
}

/** The lexical class where there is one, ranges of numbers, else the shape. */
function kindOf(lower: string, shape: number): number {
  if (shape > 200 && shape < 220) return numberRange(lower, shape);
  const known = lexicalClasses.get(lower);
  return known === undefined ? shape + lexicalClassCount + 1 : known;
}

function numberRange(digits: string, shape: number): number {
  const value = Number(digits);
  const range =
    digits.length > 4 || Number.isNaN(value)
      ? 9
      : value === 0
        ? 0
        : value <= 12
          ? 1
          : value <= 24
            ? 2
            : value <= 31
              ? 3
              : value <= 59
                ? 4
                : value < 1000
                  ? 5
                  : value >= 1900 && value < 2100
                    ? 6
                    : 7;
  return 5000 + shape * 16 + range;
}

function putAffixes(text: string, tokens: Tokens, i: number, hashes: Int32Array, from: number, seed: number): number {
  let n = from;
  const start = tokens.starts[i] as number;
  const end = tokens.ends[i] as number;
  const kind = tokens.kinds[i] as number;
  if (kind !== tokenKind.letters && kind !== tokenKind.digits) return n;
  const word = text.slice(start, end).toLowerCase();
  const { length } = word;
  let prefix = 0x811c9dc5 ^ seed;
  let suffix = 0x2f0b4c47 ^ seed;
  const longest = Math.min(4, length);
  for (let d = 0; d < longest; d++) {
    prefix = Math.imul(prefix ^ word.charCodeAt(d), 0x01000193);
    suffix = Math.imul(suffix ^ word.charCodeAt(length - 1 - d), 0x01000193);
    hashes[n++] = mix(prefix);
    hashes[n++] = mix(suffix);
  }
  const limit = Math.min(length, 16);
  for (let j = 0; j + 3 <= limit; j++) {
    let hash = 0x51ed270b ^ seed;
    for (let d = 0; d < 3; d++) hash = Math.imul(hash ^ word.charCodeAt(j + d), 0x01000193);
    hashes[n++] = mix(hash);
  }
  return n;
}

function hashUnits(text: string, from: number, to: number, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

function mix(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
