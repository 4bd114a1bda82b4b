import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editTopLevel, type MemberEdit } from './edit-top-level.ts';

function edited(text: string, edits: Record<string, MemberEdit> = { model: { value: '"big"' } }): string {
  return editTopLevel(Buffer.from(text), edits).toString();
}

describe('editTopLevel', () => {
  it('changes one value and no other byte: numbers, spaces and escapes keep their spelling (C1)', () => {
    expect(edited('{ "n" : 1.0,\n\t"seed":9007199254740993 , "model" :  "small" ,"x":"\\u00e9\\"" }')).toBe(
      '{ "n" : 1.0,\n\t"seed":9007199254740993 , "model" :  "big" ,"x":"\\u00e9\\"" }',
    );
  });

  it.each([
    ['{"tools":[{"model":"inner"}],"model":"small"}', '{"tools":[{"model":"inner"}],"model":"big"}'],
    ['{"a":"\\"model\\":\\"no\\"","model":"small"}', '{"a":"\\"model\\":\\"no\\"","model":"big"}'],
    ['{"a":"ends in \\\\","model":"small"}', '{"a":"ends in \\\\","model":"big"}'],
    ['{"a":{"b":"}]","model":1},"model":"s"}', '{"a":{"b":"}]","model":1},"model":"big"}'],
    ['{"mod\\u0065l":"small"}', '{"mod\\u0065l":"big"}'],
    ['{"model":"one","model":"two"}', '{"model":"big","model":"big"}'],
    ['{"model":"sm\\"all"}', '{"model":"big"}'],
  ])('finds the member of the outermost object: %s', (before, after) => {
    expect(edited(before)).toBe(after);
  });

  it('renames a member and keeps its value', () => {
    expect(edited('{"max_completion_tokens": 5.0, "x": 1}', { max_completion_tokens: { name: 'max_tokens' } })).toBe(
      '{"max_tokens": 5.0, "x": 1}',
    );
  });

  it.each([
    ['{"a":1.0, "x":{"x":2} ,"b":3}', '{"a":1.0,"b":3}'],
    ['{ "a":1.0, "x":2 }', '{ "a":1.0 }'],
    ['{"x":1,"x":2}', '{}'],
    ['{"x":1, "model":"m" }', '{"model":"m" }'],
  ])('drops a member wherever it stands: %s', (before, after) => {
    expect(edited(before, { x: { isDropped: true } })).toBe(after);
  });

  it.each(['', '[{"model":"a"}]', '"model"', 'no json', '{"model"', '{"model":', '{"__proto__":1}'])(
    'leaves alone what is no object with such a member: %s',
    (text) => {
      expect(edited(text)).toBe(text);
    },
  );

  it('crosses a body of 20 MB in well under a second, whatever stands in it', () => {
    for (const unit of ['A'.repeat(1_000), `${'a'.repeat(598)}\\n`, '\\"']) {
      const text = `{"messages":"${unit.repeat(20_000_000 / unit.length)}","model":"small"}`;
      const startedAt = performance.now();
      expect(edited(text).endsWith('"model":"big"}')).toBe(true);
      expect(performance.now() - startedAt).toBeLessThan(1_500);
    }
  });

  it('gives what parsing, changing and printing would give, for any object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.integer({ min: 0, max: 3 }), (object, indent) => {
        const text = JSON.stringify({ ...object, model: 'small' }, null, indent);
        expect(JSON.parse(edited(text))).toEqual(JSON.parse(JSON.stringify({ ...object, model: 'big' })));
      }),
    );
  });
});
