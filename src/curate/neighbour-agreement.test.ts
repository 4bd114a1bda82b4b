import { describe, expect, it } from 'vitest';
import { neighbourAgreement } from './neighbour-agreement.ts';

const about = (topic: string, count: number) =>
  Array.from({ length: count }, (_, i) => [`${topic} number ${i} please`]);

describe('neighbourAgreement', () => {
  it('finds the answer of every call where similar calls have the same', () => {
    const inputs = [...about('refund invoice', 10), ...about('flight hotel', 10)];
    const answers = inputs.map((_, row) => (row < 10 ? 'billing' : 'travel'));
    expect(neighbourAgreement(inputs, answers)).toEqual({ asked: 20, agreeing: 20 });
  });

  it('finds none where every call has an answer of its own', () => {
    const inputs = about('refund', 12);
    expect(
      neighbourAgreement(
        inputs,
        inputs.map((_, row) => `${row}`),
      ),
    ).toEqual({ asked: 12, agreeing: 0 });
  });

  it('does not let a call vote for itself', () => {
    expect(neighbourAgreement([['refund'], ['flight']], ['a', 'b'])).toEqual({ asked: 2, agreeing: 0 });
  });

  it('asks about a bounded number of calls, evenly from all of them', () => {
    const words = (topic: string, i: number) => [`${topic}${i % 9} ${topic}${i % 7} ${topic}`];
    const inputs = Array.from({ length: 1200 }, (_, i) => words(i < 500 ? 'refund' : 'flight', i));
    const answers = inputs.map((_, row) => (row < 500 ? 'billing' : 'travel'));
    const { asked, agreeing } = neighbourAgreement(inputs, answers);
    expect(asked).toBe(400);
    expect(agreeing).toBeGreaterThan(390);
  });

  it('asks about nothing where there is nothing, and takes empty and broken texts', () => {
    expect(neighbourAgreement([], [])).toEqual({ asked: 0, agreeing: 0 });
    expect(neighbourAgreement([[''], ['\ud800'], ['a'.repeat(50_000)]], ['x', 'x', 'x'])).toEqual({
      asked: 3,
      agreeing: 0,
    });
  });
});
