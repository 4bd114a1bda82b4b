import { describe, expect, it } from 'vitest';
import { dollars, drawTable, excerpt, inBand, measured, percent } from './table.ts';

describe('drawTable', () => {
  it('puts names to the left and figures to the right', () => {
    expect(
      drawTable([
        ['NAME', 'CALLS'],
        ['a', '7'],
        ['größer', '1200'],
      ]),
    ).toEqual(['NAME    CALLS', 'a           7', 'größer   1200']);
  });

  it('draws nothing from nothing', () => {
    expect(drawTable([])).toEqual([]);
  });
});

describe('inBand', () => {
  it('gives whole points, and calls nothing certain that is not', () => {
    expect(inBand({ share: 0.931, low: 0.9, high: 0.9549 })).toBe('93% (90 to 95)');
    expect(inBand({ share: 0.998, low: 0.994, high: 1 })).toBe('>99% (99 to 100)');
  });
});

describe('figures', () => {
  it('say what is unknown instead of zero', () => {
    expect([percent(null), measured(null), dollars(null)]).toEqual(['–', '–', 'unknown']);
    expect(percent(0)).toBe('0.0%');
  });

  it('show small sums of money with two digits that matter', () => {
    expect([dollars(123.4), dollars(1.239), dollars(0.00123), dollars(0)]).toEqual([
      '$123',
      '$1.24',
      '$0.0012',
      '$0.00',
    ]);
  });

  it('cut texts to a line', () => {
    expect(excerpt('one\n two   three', 9)).toBe('one two …');
  });
});
