import { describe, expect, it } from 'vitest';
import type { Gold } from '../records/call.ts';
import type { StructuredShape } from '../records/output-shape.ts';
import { compactStyle } from '../records/shapes/json-style.ts';
import type { FieldValue, ShapeField } from '../records/shapes/shape-field.ts';
import { canonicalGold } from './canonical-gold.ts';

function field(path: readonly string[], value: FieldValue): ShapeField {
  return { path, value, nothing: 'left-out', presence: 0.5 };
}

const span: FieldValue = { kind: 'span', type: 'string', copied: 1, labels: null, joiner: ',' };
const label: FieldValue = { kind: 'label', labels: [], unseenShare: 0 };
const labels: FieldValue = { kind: 'labels', labels: [], unseenShare: 0, order: { kind: 'alphabetical' } };
const spans: FieldValue = {
  kind: 'typed-spans',
  keys: ['type', 'text'],
  textKey: 'value',
  typeKey: 'label',
  types: [],
  copied: 1,
  order: { kind: 'text' },
};
const json = { kind: 'json', style: compactStyle, byText: [], groups: [] } as const;

const booking: StructuredShape = {
  kind: 'object',
  form: json,
  fields: [field(['Topic'], label), field(['first_name'], span)],
  notes: [],
};
const tags: StructuredShape = { kind: 'labels', form: json, fields: [field([], labels)], notes: [] };
const found: StructuredShape = { kind: 'spans', form: json, fields: [field(['found'], spans)], notes: [] };
const call: StructuredShape = {
  kind: 'tool-call',
  form: { ...json, kind: 'tool-call' },
  fields: [field(['tool'], { ...label, isExact: true }), field(['arguments', 'song'], span)],
  notes: [],
};

describe('gold of several fields', () => {
  it.each<[StructuredShape, Gold, string]>([
    [booking, { Topic: 'Refund.', first_name: null }, '{"Topic":"refund"}'],
    [booking, '{"Topic":"Refund","first_name":"Ada"}', '{"Topic":"refund","first_name":"Ada"}'],
    [
      booking,
      { topic: 'refund', 'First Name': ['Ada', 'Bo'], other: null },
      '{"Topic":"refund","first_name":"Ada,Bo"}',
    ],
    [tags, ['b', 'a'], '["a","b"]'],
    [tags, 'a', '["a"]'],
    [found, { PERSON: ['Ada'], CITY: [] }, '{"found":[{"text":"Ada","type":"person"}]}'],
    [found, [{ value: 'Ada', label: 'PERSON' }], '{"found":[{"text":"Ada","type":"person"}]}'],
    [call, { intent: 'Play', slots: { song: ['Ode'] } }, '{"arguments":{"song":"Ode"},"tool":"Play"}'],
    [call, { tool: 'Stop', arguments: {} }, '{"tool":"Stop"}'],
  ])('is read however people write it: %#', (shape, gold, canonical) => {
    expect(canonicalGold(gold, shape)).toBe(canonical);
  });

  it.each<[StructuredShape, Gold]>([
    [booking, 'refund'],
    [booking, { Topic: 'a', other: 'b' }],
    [found, 'Ada'],
    [call, { slots: {} }],
  ])('is not guessed: %#', (shape, gold) => {
    expect(canonicalGold(gold, shape)).toBeNull();
  });
});
