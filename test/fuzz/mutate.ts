import type { Random } from '../../src/records/random.ts';

/** Bytes that parsers trip over: line ends, separators, ends of text, halves of characters, lengths, numbers. */
const hostile: readonly Buffer[] = [
  '\r',
  '\n',
  '\r\n',
  '\n\n',
  '\r\n\r\n',
  '\0',
  ':',
  ' ',
  '\t',
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  'data:',
  'data: ',
  'event: error\n',
  '[DONE]',
  '__proto__',
  'constructor',
  'null',
  '1e999',
  '-0',
  '9007199254740993',
  '\\ud800',
  '\\u0000',
  'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'ffffffff',
  '0\r\n\r\n',
  '\u2028',
  '\ufeff',
  'A'.repeat(300),
]
  .map((text) => Buffer.from(text))
  .concat([Buffer.from([0xff]), Buffer.from([0xf0, 0x9f]), Buffer.from([0xc0, 0x80]), Buffer.from([0x1f, 0x8b])]);

/** One to `most` small changes: a byte turned, a stretch cut, doubled or moved, something hostile put in. */
export function mutated(bytes: Buffer, random: Random, most = 6): Buffer {
  let result = bytes;
  for (let left = 1 + Math.floor(random() * most); left > 0; left--) result = changedOnce(result, random);
  return result;
}

function changedOnce(bytes: Buffer, random: Random): Buffer {
  const at = Math.floor(random() * (bytes.length + 1));
  const length = Math.floor(random() ** 3 * 64);
  const before = bytes.subarray(0, at);
  switch (Math.floor(random() * 5)) {
    case 0:
      return Buffer.concat([before, Buffer.from([Math.floor(random() * 256)]), bytes.subarray(at + 1)]);
    case 1:
      return Buffer.concat([before, bytes.subarray(at + length)]);
    case 2:
      return Buffer.concat([before, bytes.subarray(at, at + length), bytes.subarray(at)]);
    case 3:
      return Buffer.concat([bytes.subarray(at, at + length), before, bytes.subarray(at + length)]);
    default:
      return Buffer.concat([before, pick(hostile, random), bytes.subarray(at)]);
  }
}

export function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[Math.floor(random() * items.length)] as Item;
}

/** The same bytes in up to `most` writes. */
export function inPieces(bytes: Buffer, random: Random, most = 6): readonly Buffer[] {
  const cuts = Array.from({ length: Math.floor(random() * most) }, () => Math.floor(random() * bytes.length));
  const ends = [...cuts, bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end)).filter((piece) => piece.length > 0);
}
