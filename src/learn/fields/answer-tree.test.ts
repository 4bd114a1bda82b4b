import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../records/call.ts';
import { canonicalJson } from '../../records/shapes/canonical-json.ts';
import { putTogether, takeApart } from './answer-tree.ts';

const answer = fc.letrec<{ value: Json; object: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.string(), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.oneof(fc.constantFrom('a', 'a/b', 'a~b', '', '__proto__'), fc.string()), tie('value'), {
    maxKeys: 4,
  }),
})).value;

describe('an answer', () => {
  it('is the same after it was taken apart and put together', () => {
    fc.assert(
      fc.property(answer, (value) => {
        fc.pre(canonicalJson(value) !== '{}');
        expect(canonicalJson(putTogether(takeApart(value)))).toBe(canonicalJson(value));
      }),
    );
  });

  it('has a leaf for each value, its lists kept whole, and its objects named', () => {
    const { leaves, containers } = takeApart({ tool: 'play', arguments: { artist: 'Abba', tags: ['a', 'b'] } });
    expect([...leaves]).toEqual([
      ['/tool', 'play'],
      ['/arguments/artist', 'Abba'],
      ['/arguments/tags', ['a', 'b']],
    ]);
    expect(containers).toEqual(['/arguments']);
  });

  it('keeps an empty object that is told of', () => {
    expect(putTogether({ leaves: new Map([['/tool', 'stop']]), containers: ['/arguments'] })).toEqual({
      arguments: {},
      tool: 'stop',
    });
  });
});
