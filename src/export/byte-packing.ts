import { canonicalCodes, codeLengths, decodingTable, longestCode } from './huffman.ts';

/** Each block has a code of its own: the weights of rare n-grams are shaped otherwise than those of common ones. */
const blockBytes = 65_536;
const headBytes = 4;
const lengthTableBytes = 128;

/**
 * Fewer bytes for the same: length (32 bits, little-endian), then blocks of 65,536 bytes. A block is a byte that says how
 * (0: as it is, 1: Huffman), and either the bytes or 256 code lengths of four bits and the codes, high bits first, filled
 * up to whole bytes. Weights of linear heads shrink to a half or less. A block that would not shrink by `leastSaving`
 * of itself stays as it is: that unpacks sooner.
 */
export function packBytes(bytes: Uint8Array, leastSaving: number): Uint8Array {
  const parts: Uint8Array[] = [new Uint8Array(Uint32Array.of(bytes.length).buffer)];
  for (let at = 0; at < bytes.length; at += blockBytes)
    parts.push(packBlock(bytes.subarray(at, at + blockBytes), leastSaving));
  return joined(parts);
}

function packBlock(block: Uint8Array, leastSaving: number): Uint8Array {
  const lengths = codeLengths(block);
  const bits = block.reduce((sum, byte) => sum + (lengths[byte] as number), 0);
  const codedBytes = Math.ceil(bits / 8);
  if (lengthTableBytes + codedBytes >= (1 - leastSaving) * block.length) return joined([Uint8Array.of(0), block]);
  const coded = new Uint8Array(1 + lengthTableBytes + codedBytes);
  coded[0] = 1;
  for (let pair = 0; pair < lengthTableBytes; pair++)
    coded[1 + pair] = ((lengths[2 * pair] as number) << 4) | (lengths[2 * pair + 1] as number);
  writeCodes(block, lengths, coded.subarray(1 + lengthTableBytes));
  return coded;
}

function writeCodes(block: Uint8Array, lengths: Uint8Array, out: Uint8Array): void {
  const codes = canonicalCodes(lengths);
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const byte of block) {
    held = (held << (lengths[byte] as number)) | (codes[byte] as number);
    bits += lengths[byte] as number;
    for (; bits >= 8; bits -= 8) out[at++] = held >> (bits - 8);
    held &= 0xff;
  }
  if (bits > 0) out[at] = held << (8 - bits);
}

/** What `packBytes` was given. */
export function unpackBytes(packed: Uint8Array): Uint8Array {
  const length = new DataView(packed.buffer, packed.byteOffset).getUint32(0, true);
  const bytes = new Uint8Array(length);
  const table = new Uint16Array(1 << longestCode);
  let at = headBytes;
  for (let from = 0; from < length; from += blockBytes) {
    const block = bytes.subarray(from, from + blockBytes);
    const isCoded = packed[at++] === 1;
    if (isCoded) at = readCodes(packed, at, table, block);
    else {
      block.set(packed.subarray(at, at + block.length));
      at += block.length;
    }
  }
  return bytes;
}

/** Fills `block` from the lengths and codes at `at`; where they end. */
function readCodes(packed: Uint8Array, at: number, table: Uint16Array, block: Uint8Array): number {
  const lengths = new Uint8Array(256);
  for (let pair = 0; pair < lengthTableBytes; pair++) {
    const two = packed[at + pair] as number;
    lengths[2 * pair] = two >> 4;
    lengths[2 * pair + 1] = two & 15;
  }
  decodingTable(lengths, table);
  let next = at + lengthTableBytes;
  let held = 0;
  let bits = 0;
  for (let i = 0; i < block.length; i++) {
    if (bits < longestCode) {
      // Behind the end of the last block there is nothing, which counts as zeros.
      held = (held << 16) | ((packed[next] as number) << 8) | (packed[next + 1] as number);
      next += 2;
      bits += 16;
    }
    const entry = table[(held >>> (bits - longestCode)) & 4095] as number;
    block[i] = entry >> 4;
    bits -= entry & 15;
  }
  return next - (bits >> 3);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
