import { describe, expect, it } from 'vitest';
import { seededRandom } from '../records/random.ts';
import { packBytes, unpackBytes } from './byte-packing.ts';

const random = seededRandom(1);
/** Bytes as quantised weights are: most of them near 0. */
function weights(length: number): Uint8Array {
  return Uint8Array.from({ length }, () => Math.round((random() - 0.5) * (random() - 0.5) * 60));
}

describe('packed bytes', () => {
  it.each([
    ['nothing', new Uint8Array()],
    ['one byte', Uint8Array.of(7)],
    ['one byte over and over', new Uint8Array(1000).fill(255)],
    ['two bytes', Uint8Array.from({ length: 999 }, (_, at) => at & 1)],
    ['every byte as often', Uint8Array.from({ length: 70_000 }, (_, at) => at & 255)],
    ['noise', Uint8Array.from({ length: 70_000 }, () => random() * 256)],
    ['weights over several blocks', weights(200_001)],
    // Counts like Fibonacci numbers make the deepest tree there is.
    ['a code deeper than any table', Uint8Array.from(fibonacciBytes())],
  ])('come back as they were: %s', (_, bytes) => {
    for (const leastSaving of [0, 0.5])
      expect(Buffer.compare(unpackBytes(packBytes(bytes, leastSaving)), bytes)).toBe(0);
  });

  it('are fewer where some are commoner than others, and hardly more where none are', () => {
    const some = weights(100_000);
    expect(packBytes(some, 0).length).toBeLessThan(0.65 * some.length);
    const noise = Uint8Array.from({ length: 100_000 }, () => random() * 256);
    expect(packBytes(noise, 0).length).toBeLessThan(noise.length + 10);
  });

  it('stay as they are where too little would be saved', () => {
    const some = weights(100_000);
    expect(packBytes(some, 0.9).length).toBe(some.length + 6);
  });
});

function fibonacciBytes(): number[] {
  const counts = [1, 1];
  while (counts.length < 22) counts.push((counts.at(-1) ?? 0) + (counts.at(-2) ?? 0));
  return counts.flatMap((count, byte) => new Array<number>(count).fill(byte));
}
