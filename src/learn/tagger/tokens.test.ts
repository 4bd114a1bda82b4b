import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenise, tokenKind } from './tokens.ts';

const words = (text: string): string[] => {
  const { count, starts, ends } = tokenise(text);
  return Array.from({ length: count }, (_, i) => text.slice(starts[i], ends[i]));
};

const anyText = fc.array(fc.nat({ max: 0xffff }), { maxLength: 60 }).map((units) => String.fromCharCode(...units));

describe('tokens', () => {
  it('part letters, digits and signs', () => {
    expect(words("At 12:30PM, for 2 (O'Neill)")).toEqual("At 12 : 30 PM , for 2 ( O ' Neill )".split(' '));
  });

  it('give a character of a script without spaces a token of its own, and an emoji one too', () => {
    expect(words('東京タワー')).toEqual(['東', '京', 'タ', 'ワ', 'ー']);
    expect(words('𠮷野')).toEqual(['𠮷', '野']);
    expect(words('ok🙂🙃!')).toEqual(['ok', '🙂', '🙃', '!']);
  });

  it('keep words of right-to-left scripts whole, and their digits and signs apart', () => {
    expect(words('שלום, עולם')).toEqual(['שלום', ',', 'עולם']);
    expect(words('الساعة ٥؟')).toEqual(['الساعة', '٥', '؟']);
  });

  it('keep accents with their letters, whether composed or not', () => {
    expect(words('café cafe\u0301 straße')).toEqual(['café', 'cafe\u0301', 'straße']);
  });

  it('cover every character but white space, in order, for any text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { count, starts, ends } = tokenise(text);
        const edges = Array.from({ length: count }, (_, i) => [starts[i] as number, ends[i] as number] as const);
        expect(edges.every(([start, end], i) => start < end && start >= (edges[i - 1]?.[1] ?? 0))).toBe(true);
        expect(edges.at(-1)?.[1] ?? 0).toBeLessThanOrEqual(text.length);
        const rest = words(text).reduce((left, word) => left.replace(word, ''), text);
        expect(/[\p{L}\p{N}\p{S}]/u.test(rest)).toBe(false);
      }),
    );
  });

  it('take a lone surrogate for a symbol', () => {
    expect([...tokenise('\ud83da\udc00').kinds.subarray(0, 3)]).toEqual([
      tokenKind.symbol,
      tokenKind.letters,
      tokenKind.symbol,
    ]);
  });

  it('stop after the first 20,000 characters', () => {
    const { count, ends } = tokenise('ab '.repeat(20_000));
    expect(ends[count - 1]).toBeLessThanOrEqual(20_000);
    expect(count).toBe(6667);
  });
});
