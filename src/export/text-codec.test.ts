import { expect, it } from 'vitest';
import { decodeBase64 } from './text-codec.ts';

it('gives back every byte, whatever the length', () => {
  for (let length = 0; length < 12; length++) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 83 + length * 29) & 255);
    expect(decodeBase64(Buffer.from(bytes).toString('base64'))).toEqual(bytes);
  }
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  expect(decodeBase64(Buffer.from(all).toString('base64'))).toEqual(all);
});
