import { describe, expect, it } from 'vitest';
import type { Example } from '../records/example.ts';
import type { LabelShape } from '../records/output-shape.ts';
import { datasetRows } from './dataset.ts';

const shape: LabelShape = {
  kind: 'label',
  form: { kind: 'plain' },
  labels: [
    { label: 'up', answer: 'Up.', count: 10 },
    { label: 'down', answer: 'Down.', count: 10 },
  ],
  unseenShare: 0,
};

function example(index: number, change: Partial<Example> = {}): Example {
  const text = `${['north', 'south', 'east'][index % 3]} ${'abcdefghij'[index % 10]}${index * 7919}`;
  return {
    callId: `call${index}`,
    at: index * 1000,
    slots: [text],
    label: index % 2 ? 'up' : 'down',
    gold: null,
    version: 'v',
    ...change,
  };
}

describe('the rows of a data set', () => {
  it('hold input, label, the whole answer, and what a person said where somebody did', () => {
    const [first, second] = datasetRows([example(0), example(1, { gold: 'down' })], shape, new Set());
    expect(first).toEqual({
      id: 'call0',
      at: '1970-01-01T00:00:00.000Z',
      input: ['north a0'],
      label: 'down',
      answer: 'Down.',
      split: 'train',
    });
    expect(second).toMatchObject({ label: 'up', answer: 'Up.', gold: 'down' });
  });

  it('are divided as training divides them: forward in time, repeats in no part', () => {
    const examples = Array.from({ length: 40 }, (_, index) => example(index));
    const rows = datasetRows([...examples, { ...example(0), callId: 'again', at: 50_000 }], shape, new Set());
    const order = ['train', 'certify', 'judge'];
    const parts = rows.map(({ split }) => split).filter((split) => split !== 'none');
    expect(parts).toEqual([...parts].sort((a, b) => order.indexOf(a) - order.indexOf(b)));
    expect(new Set(parts).size).toBe(3);
    expect(rows.at(-1)).toMatchObject({ id: 'again', split: 'none' });
  });

  it('keep what the teacher said beside the point, without a label', () => {
    const rows = datasetRows([example(0, { label: null })], shape, new Set());
    expect(rows[0]).toMatchObject({ label: null, answer: null, split: 'none' });
  });
});
