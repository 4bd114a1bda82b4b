import { describe, expect, it } from 'vitest';
import type { Example } from '../records/example.ts';
import { reviewOrder } from './review-order.ts';

const texts = ['refund my invoice', 'flight to Rome', 'doctor for a fever', 'hotel by the sea', 'receipt of payment'];

function example(i: number, fields: Partial<Example> = {}): Example {
  return { callId: `c${i}`, at: i, slots: [texts[i] ?? ''], label: 'x', gold: null, version: 'v', ...fields };
}

describe('reviewOrder', () => {
  it('lists likely errors first, then the calls the model is least sure of', () => {
    const examples = [example(0), example(1), example(2, { label: 'y' }), example(3, { label: 'y' }), example(4)];
    const guesses = [
      { label: 'x', score: 0.9 },
      { label: 'x', score: 0.4 },
      { label: 'y', score: 0.8 },
      { label: 'x', score: 0.97 },
      { label: 'x', score: 0.95 },
    ];
    expect(reviewOrder(examples, guesses).map(({ example: { callId }, why }) => [callId, why])).toEqual([
      ['c3', 'likely-error'],
      ['c1', 'unsure'],
      ['c2', 'unsure'],
      ['c0', 'unsure'],
      ['c4', 'unsure'],
    ]);
  });

  it('passes over calls that a person has verified, and asks once about near-duplicates', () => {
    const examples = [example(0, { gold: 'x' }), example(1), example(2, { slots: ['Flight to Rome!'] }), example(3)];
    const guesses = examples.map(() => ({ label: 'x', score: 0.5 }));
    expect(reviewOrder(examples, guesses).map(({ example: { callId } }) => callId)).toEqual(['c1', 'c3']);
  });
});
