import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../records/random.ts';
import { clusterNearDuplicates } from './near-duplicates.ts';

const texts = (...list: string[]) => clusterNearDuplicates(list.map((text) => [text]));

describe('clusterNearDuplicates', () => {
  it('sees through case, white space and punctuation', () => {
    expect([...texts('Where is my card?', 'something else', ' where  is my CARD')]).toEqual([0, 1, 0]);
  });

  it('joins long texts that differ in a word, and not short ones', () => {
    const long = Array.from({ length: 40 }, (_, i) => `word${i}`);
    const changed = long.with(20, 'other');
    expect([...texts(long.join(' '), changed.join(' '))]).toEqual([0, 0]);
    expect([...texts('cancel my card', 'cancel my loan')]).toEqual([0, 1]);
  });

  it('keeps texts with different figures apart', () => {
    expect([...texts('gold up $7.60 at $878.80', 'gold up $1.20 at $911.10')]).toEqual([0, 1]);
  });

  it('does not mix up slots', () => {
    const clusters = clusterNearDuplicates([
      ['ab', 'c'],
      ['a', 'bc'],
      ['ab c', ''],
    ]);
    expect([...clusters]).toEqual([0, 1, 2]);
  });

  it('gives every text the cluster of its exact repeat', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 30 }), { maxLength: 40 }), (list) => {
        const clusters = texts(...list);
        list.forEach((text, i) => {
          expect(clusters[i]).toBe(clusters[list.indexOf(text)]);
        });
      }),
    );
  });

  it('takes empty texts, lone surrogates and 200,000 characters', () => {
    const long = Array.from({ length: 40_000 }, (_, i) => `w${i % 977}`).join(' ');
    expect([...texts('', '\ud800', long, `${long} end`, '')]).toEqual([0, 1, 2, 2, 0]);
  });

  it('finds nearly all near-duplicates among thousands of texts', () => {
    const random = seededRandom(1);
    const word = () => `w${Math.floor(random() * 5000)}`;
    const originals = Array.from({ length: 2000 }, () => Array.from({ length: 30 }, word));
    const copies = originals.map((words) => words.with(15, 'changed'));
    const clusters = texts(...[...originals, ...copies].map((words) => words.join(' ')));
    const found = originals.filter((_, i) => clusters[i] === clusters[i + originals.length]).length;
    expect(found).toBeGreaterThan(1990);
    expect(new Set(clusters).size).toBeGreaterThan(1990);
  });
});
