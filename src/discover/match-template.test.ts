import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TemplatePart } from '../records/task.ts';
import { alignTexts } from './align-texts.ts';
import { compileTemplate } from './match-template.ts';
import { findOwnDates } from './own-dates.ts';
import { tokenise } from './tokens.ts';

function partsOf(pieces: readonly (string | null)[]): readonly TemplatePart[] {
  let slot = 0;
  return pieces.map((text) => (text === null ? { kind: 'slot', slot: slot++ } : { kind: 'constant', text }));
}

function compile(pieces: readonly (string | null)[]): ReturnType<typeof compileTemplate> {
  return compileTemplate({ messages: [{ role: 'user', parts: partsOf(pieces) }] });
}

/** The text again, from constants and slots. */
function join(pieces: readonly (string | null)[], slots: readonly string[]): string {
  let slot = 0;
  return pieces.map((piece) => piece ?? slots[slot++]).join('');
}

describe('compileTemplate', () => {
  it('gives each slot its text', () => {
    expect(compile(['A: ', null, '\nB: ', null, '.']).split(['A: one\nB: two.'])).toEqual(['one', 'two']);
    expect(compile(['A: ', null]).split(['A: '])).toEqual(['']);
    expect(compile(['A']).split(['A'])).toEqual([]);
  });

  it('refuses a text that lacks a constant, has them overlapping, or belongs to another number of messages', () => {
    expect(compile(['A: ', null, '\nB: ', null]).split(['A: one B: two'])).toBeNull();
    expect(compile(['"', null, '"']).split(['"'])).toBeNull();
    expect(compile(['A: ', null]).split(['A: one', 'A: two'])).toBeNull();
  });

  it('reads a text that contains a delimiter always in the same way: the first between slots, the last at the end', () => {
    expect(compile(['<', null, '|', null, '>']).split(['<a|b|c>d>'])).toEqual(['a', 'b|c>d']);
  });

  it('loses nothing: constants and slots make the text again', () => {
    const piece = fc.string({ minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, fc.string({ maxLength: 6 })), { minLength: 1, maxLength: 5 }), (rows) => {
        const pieces = rows.flatMap(([constant]) => [constant, null]);
        const text = rows.map(([constant, slot]) => constant + slot).join('');
        const slots = compile(pieces).split([text]);
        expect(slots).not.toBeNull();
        expect(join(pieces, slots ?? [])).toBe(text);
      }),
    );
  });
});

describe('alignTexts', () => {
  it('makes a template that matches every text it was made of', () => {
    const words = fc.array(fc.constantFrom('gold', 'up', 'down', 'the', '"', ':', '\n', '', '🙂', '\ud800', '⟦0⟧'), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(fc.array(words, { minLength: 2, maxLength: 12 }), words, words, (inputs, head, tail) => {
        const texts = inputs.map((input) => [...head, ...input, ...tail].join(' '));
        const pieces = alignTexts(texts);
        for (const text of texts) {
          const slots = compile(pieces).split([text]);
          expect(join(pieces, slots ?? ['no match'])).toBe(text);
        }
      }),
    );
  });

  it('keeps words whole, and gives back to the inputs what stands beside no delimiter', () => {
    const texts = ['Text: start one', 'Text: stall two', 'Text: starry three'];
    expect(alignTexts(texts)).toEqual(['Text: ', null]);
    expect(alignTexts(['Text: my cat', 'Text: my dog', 'Text: my own horse'])).toEqual(['Text: ', null]);
  });

  it('does not take the last mark of all inputs for a constant', () => {
    expect(alignTexts(['Q: who are you?', 'Q: what is it?', 'Q: why?'])).toEqual(['Q: ', null]);
    expect(alignTexts(['Q: "who"', 'Q: "what"', 'Q: "why"'])).toEqual(['Q: "', null, '"']);
  });
});

describe('tokenise', () => {
  it('loses nothing', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => tokenise(text).join('') === text));
  });

  it('keeps references, dates and paths whole, and takes Chinese apart', () => {
    expect(tokenise('A-17 on 2026-10-22: Sci/Tech')).toEqual([
      'A-17',
      ' ',
      'on',
      ' ',
      '2026-10-22',
      ':',
      ' ',
      'Sci/Tech',
    ]);
    expect(tokenise('评论：好')).toEqual(['评', '论', '：', '好']);
  });
});

describe('findOwnDates', () => {
  const at = Date.UTC(2026, 9, 2, 23, 30);
  const dated = (text: string): string[] => findOwnDates(text, at).map(([start, end]) => text.slice(start, end));

  it.each([
    '2026-10-02',
    '02.10.2026',
    '10/02/2026',
    'October 2, 2026',
    '2 October 2026',
    '2. Oktober 2026',
    '2026年10月2日',
    'Friday, October 2nd, 2026',
    '2026-10-02T23:30:00Z',
    '2026-10-03',
  ])('knows %s for the day of the call', (date) => {
    expect(dated(`Today is ${date}. Answer.`)).toEqual([date]);
  });

  it('leaves other days and numbers alone', () => {
    expect(dated('Founded on 2019-10-02, version 2026.10, room 2.10, call 2026-10-020')).toEqual([]);
    expect(findOwnDates('2026-10-02', Number.NaN)).toEqual([]);
  });
});
