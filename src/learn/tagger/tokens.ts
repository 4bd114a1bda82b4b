import { readCharacters } from '../ngrams.ts';

export const tokenKind = { letters: 0, digits: 1, sign: 2, ideograph: 3, symbol: 4 } as const;

/** A text cut into tokens, by UTF-16 offsets: runs of letters, runs of digits, and anything else a character at a time. */
export interface Tokens {
  readonly count: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly kinds: Uint8Array;
}

/**
 * Cuts the first 20,000 characters of a text. Scripts written without spaces (Han, kana, Thai, Lao, Khmer, Burmese)
 * give a token a character; an emoji is one token, a lone surrogate too; white space is in no token.
 */
export function tokenise(text: string): Tokens {
  const length = Math.min(text.length, readCharacters);
  const starts = new Int32Array(length);
  const ends = new Int32Array(length);
  const kinds = new Uint8Array(length);
  let count = 0;
  let at = 0;
  while (at < length) {
    const kind = kindAt(text, at);
    const start = at;
    at += unitsAt(text, at);
    if (kind === space) continue;
    if (kind === tokenKind.letters || kind === tokenKind.digits)
      while (at < length && kindAt(text, at) === kind) at += unitsAt(text, at);
    starts[count] = start;
    ends[count] = Math.min(at, length);
    kinds[count++] = kind;
  }
  return { count, starts, ends, kinds };
}

const space = 5;

function unitsAt(text: string, at: number): number {
  const isPair = isHighSurrogate(text.charCodeAt(at)) && isLowSurrogate(text.charCodeAt(at + 1));
  return isPair ? 2 : 1;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

function kindAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit < 0x80) return asciiKinds[unit] as number;
  if (!isHighSurrogate(unit) && !isLowSurrogate(unit)) return kindOfUnit(unit);
  if (unitsAt(text, at) === 1) return tokenKind.symbol;
  if (unit >= 0xd840 && unit <= 0xd887) return tokenKind.ideograph;
  return unit >= 0xd83c && unit <= 0xd83e ? tokenKind.symbol : tokenKind.letters;
}

const asciiKinds = Uint8Array.from({ length: 0x80 }, (_, unit) => {
  if (unit <= 0x20 || unit === 0x7f) return space;
  if (unit >= 0x30 && unit <= 0x39) return tokenKind.digits;
  const lower = unit | 0x20;
  return lower >= 0x61 && lower <= 0x7a ? tokenKind.letters : tokenKind.sign;
});

/** First and last unit, and the kind, of what is beyond ASCII and no letter; ascending. */
const ranges: readonly (readonly [from: number, to: number, kind: number])[] = [
  [0x80, 0xa0, space],
  [0xa1, 0xa9, tokenKind.sign],
  [0xab, 0xb4, tokenKind.sign],
  [0xb6, 0xb9, tokenKind.sign],
  [0xbb, 0xbf, tokenKind.sign],
  [0xd7, 0xd7, tokenKind.sign],
  [0xf7, 0xf7, tokenKind.sign],
  [0x37e, 0x37e, tokenKind.sign],
  [0x55a, 0x55f, tokenKind.sign],
  [0x589, 0x58a, tokenKind.sign],
  [0x5be, 0x5be, tokenKind.sign],
  [0x5c0, 0x5c0, tokenKind.sign],
  [0x5c3, 0x5c3, tokenKind.sign],
  [0x5f3, 0x5f4, tokenKind.sign],
  [0x600, 0x60f, tokenKind.sign],
  [0x61b, 0x61f, tokenKind.sign],
  [0x660, 0x669, tokenKind.digits],
  [0x66a, 0x66d, tokenKind.sign],
  [0x6d4, 0x6d4, tokenKind.sign],
  [0x6f0, 0x6f9, tokenKind.digits],
  [0x964, 0x965, tokenKind.sign],
  [0x966, 0x96f, tokenKind.digits],
  [0xe01, 0xe3a, tokenKind.ideograph],
  [0xe3f, 0xe3f, tokenKind.sign],
  [0xe40, 0xe4e, tokenKind.ideograph],
  [0xe50, 0xe59, tokenKind.digits],
  [0xe81, 0xeff, tokenKind.ideograph],
  [0x1000, 0x109f, tokenKind.ideograph],
  [0x1680, 0x1680, space],
  [0x1780, 0x17d3, tokenKind.ideograph],
  [0x2000, 0x200b, space],
  [0x2010, 0x2027, tokenKind.sign],
  [0x2028, 0x2029, space],
  [0x202a, 0x202e, space],
  [0x202f, 0x202f, space],
  [0x2030, 0x205e, tokenKind.sign],
  [0x205f, 0x206f, space],
  [0x2070, 0x209f, tokenKind.sign],
  [0x20a0, 0x20cf, tokenKind.sign],
  [0x2100, 0x2bff, tokenKind.symbol],
  [0x2e00, 0x2fff, tokenKind.sign],
  [0x3000, 0x3000, space],
  [0x3001, 0x3004, tokenKind.sign],
  [0x3005, 0x3007, tokenKind.ideograph],
  [0x3008, 0x303f, tokenKind.sign],
  [0x3040, 0x30fa, tokenKind.ideograph],
  [0x30fb, 0x30fb, tokenKind.sign],
  [0x30fc, 0x9fff, tokenKind.ideograph],
  [0xe000, 0xf8ff, tokenKind.symbol],
  [0xf900, 0xfaff, tokenKind.ideograph],
  [0xfe10, 0xfe1f, tokenKind.sign],
  [0xfe30, 0xfe6f, tokenKind.sign],
  [0xfeff, 0xfeff, space],
  [0xff01, 0xff0f, tokenKind.sign],
  [0xff10, 0xff19, tokenKind.digits],
  [0xff1a, 0xff20, tokenKind.sign],
  [0xff3b, 0xff40, tokenKind.sign],
  [0xff5b, 0xff65, tokenKind.sign],
  [0xff66, 0xff9f, tokenKind.ideograph],
  [0xffe0, 0xffff, tokenKind.symbol],
];

function kindOfUnit(unit: number): number {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [from, to, kind] = ranges[middle] as (typeof ranges)[number];
    if (unit < from) high = middle - 1;
    else if (unit > to) low = middle + 1;
    else return kind;
  }
  return tokenKind.letters;
}
