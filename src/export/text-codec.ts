/** Printable ASCII without what means something in a quoted text or in HTML: 91 characters, so that two hold 13 bits. */
const alphabet = Uint8Array.from(
  Array.from({ length: 94 }, (_, index) => 33 + index).filter((code) => !'"\\<'.includes(String.fromCharCode(code))),
);
const base = alphabet.length;
const bitsEach = 13;

/** Bytes as text that may stand between double quotes: 16 characters for 13 bytes, where base64 takes 17⅓. */
export function encodeText(bytes: Uint8Array): string {
  const codes = new Uint8Array(2 * Math.ceil((8 * bytes.length) / bitsEach));
  let at = 0;
  const write = (value: number): void => {
    codes[at++] = alphabet[Math.floor(value / base)] as number;
    codes[at++] = alphabet[value % base] as number;
  };
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    if (bits < bitsEach) continue;
    bits -= bitsEach;
    write(held >> bits);
    held &= (1 << bits) - 1;
  }
  // Filled up with zeros: too few for another byte.
  if (bits > 0) write(held << (bitsEach - bits));
  return new TextDecoder().decode(codes);
}

/** The 13 bits of two characters, at what their codes are as one 16-bit number on this machine. */
function pairValues(): Uint16Array {
  const values = new Uint16Array(65_536);
  const codes = new Uint8Array(2);
  const pair = new Uint16Array(codes.buffer);
  for (let value = 0; value < 1 << bitsEach; value++) {
    codes[0] = alphabet[Math.floor(value / base)] as number;
    codes[1] = alphabet[value % base] as number;
    values[pair[0] as number] = value;
  }
  return values;
}

/** The bytes of a text that `encodeText` wrote, and up to one byte of 0 behind them. */
export function decodeText(text: string): Uint8Array {
  const values = pairValues();
  const pairs = new Uint16Array(text.length / 2);
  new TextEncoder().encodeInto(text, new Uint8Array(pairs.buffer));
  const bytes = new Uint8Array(Math.floor((pairs.length * bitsEach) / 8));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < pairs.length; i++) {
    held = ((held << bitsEach) | (values[pairs[i] as number] as number)) & 0x3fffff;
    bits += bitsEach - 8;
    bytes[at++] = held >> bits;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = held >> bits;
  }
  return bytes;
}
