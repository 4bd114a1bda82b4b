import { describe, expect, it } from 'vitest';
import { likelyErrors } from './likely-errors.ts';

const sure = (label: string, score = 0.95) => ({ label, score });

describe('likelyErrors', () => {
  it('finds the rows to which a sure model says something else, surest first', () => {
    const labels = ['a', 'a', 'a', 'b', 'b', 'b'];
    const guesses = [sure('a'), sure('a'), sure('b', 0.97), sure('b'), sure('b'), sure('a', 0.99)];
    expect(likelyErrors(labels, guesses)).toEqual([
      { row: 5, suggested: 'a', doubt: 0.99 },
      { row: 2, suggested: 'b', doubt: 0.97 },
    ]);
  });

  it('doubts nobody where the model is less sure than it is of rows that carry the label', () => {
    const labels = ['a', 'a', 'a', 'a', 'a', 'b', 'b', 'b', 'b', 'b'];
    const guesses = labels.map((label, i) => (i === 0 ? sure('b', 0.6) : sure(label)));
    expect(likelyErrors(labels, guesses)).toEqual([]);
  });

  it('takes four fifths for sure, however sure the model is of the other rows', () => {
    const labels = ['a', 'b', 'b', 'b', 'b', 'b', 'b', 'b', 'b'];
    const guesses = labels.map((label, i) => (i === 0 ? sure('b', 0.81) : sure(label, 0.99)));
    expect(likelyErrors(labels, guesses)).toEqual([{ row: 0, suggested: 'b', doubt: 0.81 }]);
  });

  it('takes answers that are the same to the application for the same', () => {
    const labels = ['4.0', '4.1', '4.1'];
    const guesses = [sure('4.1'), sure('4.1'), sure('4.1')];
    const isNear = (a: string, b: string): boolean => Math.abs(Number(a) - Number(b)) < 0.2;
    expect(likelyErrors(labels, guesses).map(({ row }) => row)).toEqual([0]);
    expect(likelyErrors(labels, guesses, isNear)).toEqual([]);
  });

  it('has nothing to say of nothing', () => {
    expect(likelyErrors([], [])).toEqual([]);
  });
});
