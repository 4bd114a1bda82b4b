import { expect, it } from 'vitest';
import { emptyNgrams, hashNgrams, readCharacters } from './ngrams.ts';

function hashes(...slots: string[]): number[] {
  const ngrams = hashNgrams(slots, emptyNgrams());
  return [...ngrams.hashes.subarray(0, ngrams.count)];
}

it('two words give two words, one pair, and the character n-grams of each word between its boundaries', () => {
  const ngrams = hashNgrams(['an ox'], emptyNgrams());
  // " an ": 3 pairs, 2 triples, 1 quadruple; the same for " ox ".
  expect(ngrams.blockEnds).toEqual([3, 3 + 6 + 6]);
});

it('upper and lower case are one; word order and slots are not', () => {
  expect(hashes('Send THE invoice')).toEqual(hashes('send the invoice'));
  expect(new Set(hashes('pay now'))).not.toEqual(new Set(hashes('now pay')));
  const [first, second] = [new Set(hashes('pay', '')), new Set(hashes('', 'pay'))];
  for (const hash of first) expect(second.has(hash)).toBe(false);
});

it('what stands behind the first 20,000 characters is not read', () => {
  const text = 'word '.repeat(readCharacters / 5);
  expect(hashes(`${text}tail`)).toEqual(hashes(text));
});

it('an empty slot gives nothing, a lone surrogate something', () => {
  expect(hashes('', ' \n')).toEqual([]);
  expect(hashes('\ud83d').length).toBeGreaterThan(0);
});
