import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { sha256, toHex } from './sha256.ts';

it('hashes as node:crypto does, at every length around a block', () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1000]) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 31) & 255);
    expect(toHex(sha256(bytes))).toBe(createHash('sha256').update(bytes).digest('hex'));
  }
});
