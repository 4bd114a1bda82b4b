import { expect, it } from 'vitest';
import { seededRandom } from '../records/random.ts';
import { decodeText, encodeText } from './text-codec.ts';

it('gives back every byte, whatever the length', () => {
  const random = seededRandom(1);
  for (let length = 0; length < 60; length++) {
    const bytes = Uint8Array.from({ length }, () => random() * 256);
    expect(decodeText(encodeText(bytes)).subarray(0, length)).toEqual(bytes);
  }
  const full = new Uint8Array(1300).fill(255);
  expect(decodeText(encodeText(full))).toEqual(full);
});

it('writes what needs no escape between quotes and ends no script element, in 16 characters for 13 bytes', () => {
  const random = seededRandom(2);
  const text = encodeText(Uint8Array.from({ length: 13_000 }, () => random() * 256));
  expect(text.length).toBe(16_000);
  expect(text).toMatch(/^[!#-;=-[\]-~]+$/);
});
