import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignSpans, spansOf } from './align-spans.ts';
import { tokenise } from './tokens.ts';

const tags = ['place', 'time'];
const numbers = new Map(tags.map((tag, number) => [tag, number]));

describe('spans as states of tokens', () => {
  it('come back as they were, for any spans between tokens that do not overlap', () => {
    const layout = fc.array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 3 }), fc.constantFrom('place', 'time')), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(layout, (pieces) => {
        const text = 'um 8:30 nach 東京 🙂 עולם a b c d e f g h i j k l m n o p q r s t u v w x y z';
        const tokens = tokenise(text);
        let token = 0;
        const spans = pieces.map(([gap, length, tag]) => {
          const from = token + gap;
          token = from + length + 1;
          return { tag, slot: 0, start: tokens.starts[from] as number, end: tokens.ends[from + length] as number };
        });
        const { path, dropped, moved } = alignSpans(spans, tokens, numbers);
        expect({ dropped, moved }).toEqual({ dropped: 0, moved: 0 });
        expect(spansOf(path, tokens, 0, tags)).toEqual(spans);
      }),
    );
  });

  it('keep the longest of those that overlap, and count the others', () => {
    const tokens = tokenise('new york city');
    const spans = [
      { tag: 'time', slot: 0, start: 0, end: 3 },
      { tag: 'place', slot: 0, start: 0, end: 13 },
    ];
    const { path, dropped } = alignSpans(spans, tokens, numbers);
    expect(spansOf(path, tokens, 0, tags)).toEqual([spans[1]]);
    expect(dropped).toBe(1);
  });

  it('take in whole tokens where an edge falls into one, and leave out spans of white space', () => {
    const tokens = tokenise('to Berlins  east');
    const spans = [
      { tag: 'place', slot: 0, start: 3, end: 9 },
      { tag: 'place', slot: 0, start: 10, end: 12 },
    ];
    const { path, dropped, moved } = alignSpans(spans, tokens, numbers);
    expect(spansOf(path, tokens, 0, tags)).toEqual([{ tag: 'place', slot: 0, start: 3, end: 10 }]);
    expect({ dropped, moved }).toEqual({ dropped: 1, moved: 1 });
  });
});
