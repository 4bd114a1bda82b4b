import { describe, expect, it } from 'vitest';
import type { OutputShape, StructuredShape } from '../records/output-shape.ts';
import { compactStyle } from '../records/shapes/json-style.ts';
import type { FieldLabel } from '../records/shapes/shape-field.ts';
import { describeShape, sayShape } from './describe-shape.ts';

const kinds: readonly FieldLabel[] = [
  { value: 'refund', written: 'Refund', count: 5 },
  { value: 'other', written: 'Other', count: 3 },
];
const shape: StructuredShape = {
  kind: 'object',
  form: { kind: 'json', style: compactStyle, byText: [], groups: [] },
  fields: [
    { path: ['topic'], value: { kind: 'label', labels: kinds, unseenShare: 0 }, nothing: 'null', presence: 1 },
    {
      path: ['guest', 'since'],
      value: { kind: 'span', type: 'string', copied: 1, labels: null, through: 'date' },
      nothing: 'null',
      presence: 0.25,
    },
    { path: ['note'], value: { kind: 'free', what: 'text' }, nothing: 'null', presence: 0.02 },
  ],
  notes: ['`note` is free text in 2 % of the answers: these go to the teacher'],
  tolerance: 0.5,
};

function said(of: OutputShape): string {
  const lines: string[] = [];
  sayShape({ shape: of }, { say: (line = '') => lines.push(line) });
  return lines.join('\n');
}

describe('a shape in words', () => {
  it('names the fields, what they hold, how often, and what the user should know', () => {
    expect(describeShape({ shape, kind: 'task' })).toBe('a JSON object, 3 fields');
    const text = said(shape);
    expect(text).toMatch(/topic +one of 2: Refund, Other +always/);
    expect(text).toMatch(/guest\.since +taken from the input: date +in 25\.0% of the answers/);
    expect(text).toMatch(/note +free text/);
    expect(text).toContain('at most 0.5 apart');
    expect(text).toContain('note: `note` is free text in 2 % of the answers');
  });

  it('says why there is nothing to learn', () => {
    const free: OutputShape = { kind: 'object', why: '`summary` is free text in 96 % of the answers' };
    expect(describeShape({ shape: free, kind: 'task' })).toBe('object: not learnable');
    expect(said(free)).toContain('`summary` is free text in 96 % of the answers');
    expect(describeShape({ shape: { kind: 'free-text', why: 'chat' }, kind: 'group' })).toBe('free-text: not a task');
  });
});
