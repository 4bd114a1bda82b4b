import { describe, expect, it } from 'vitest';
import type { StructuredShape } from './output-shape.ts';
import { readingOf } from './shape-reading.ts';
import { compactStyle } from './shapes/json-style.ts';
import type { ShapeField } from './shapes/shape-field.ts';

const name: ShapeField = {
  path: ['name'],
  value: { kind: 'span', type: 'string', copied: 1, labels: null },
  nothing: 'null',
  presence: 0.5,
};
const ok: ShapeField = {
  path: ['ok'],
  value: { kind: 'label', labels: [], unseenShare: 0 },
  nothing: 'null',
  presence: 1,
};
const shape: StructuredShape = {
  kind: 'object',
  form: { kind: 'json', style: compactStyle, byText: [], groups: [] },
  fields: [name, ok],
  notes: [],
};

describe('the reading of a shape', () => {
  it('does not depend on how answers are written, nor on what is counted', () => {
    const others: readonly StructuredShape[] = [
      { ...shape, fields: [ok, { ...name, presence: 0.7, nothing: 'left-out' }], notes: ['new'] },
      { ...shape, form: { kind: 'json', style: { ...compactStyle, spacing: 'spaced' }, byText: [[]], groups: [] } },
    ];
    for (const other of others) expect(readingOf(other)).toBe(readingOf(shape));
  });

  it('changes with the fields, their kinds, the word for nothing and what stands around the JSON', () => {
    const others: readonly StructuredShape[] = [
      { ...shape, fields: [name] },
      { ...shape, fields: [{ ...name, value: ok.value }, ok] },
      { ...shape, fields: [{ ...name, nothing: { text: 'N/A' } }, ok] },
      { ...shape, form: { kind: 'json', style: { ...compactStyle, before: 'JSON: ' }, byText: [], groups: [] } },
    ];
    for (const other of others) expect(readingOf(other)).not.toBe(readingOf(shape));
  });
});
