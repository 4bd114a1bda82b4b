import { describe, expect, it } from 'vitest';
import { findOccurrences } from './find-occurrences.ts';

describe('findOccurrences', () => {
  it('finds every place between tokens, over all slots', () => {
    expect(findOccurrences('art', ['art, start and art', 'art'])).toEqual([
      { slot: 0, start: 0, end: 3 },
      { slot: 0, start: 15, end: 18 },
      { slot: 1, start: 0, end: 3 },
    ]);
  });

  it('falls back to places inside tokens, and finds nothing for an empty value', () => {
    expect(findOccurrences('Berlin', ['Berlins Osten'])).toEqual([{ slot: 0, start: 0, end: 6 }]);
    expect(findOccurrences('', ['abc'])).toEqual([]);
    expect(findOccurrences(' ', ['a b'])).toEqual([]);
    expect(findOccurrences('x', [])).toEqual([]);
  });

  it('works in scripts without spaces and from right to left', () => {
    expect(findOccurrences('東京', ['明日東京へ'])).toEqual([{ slot: 0, start: 2, end: 4 }]);
    expect(findOccurrences('תל אביב', ['טיסה לתל אביב, תל אביב'])).toEqual([{ slot: 0, start: 15, end: 22 }]);
  });
});
