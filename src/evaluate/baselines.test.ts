import { describe, expect, it } from 'vitest';
import type { Example } from '../records/example.ts';
import { createBaselines } from './baselines.ts';

function row(text: string, label: string | null): Example {
  return { callId: text, at: 0, slots: [text], label, gold: null, version: 'v' };
}

const train = [
  row('where is my new card', 'arrival'),
  row('my card has not arrived', 'arrival'),
  row('what is the exchange rate', 'rate'),
  row('this was cut', null),
];

describe('createBaselines', () => {
  it('answers the majority label with its share, rows without a label left out', () => {
    expect(createBaselines(train)?.majority(['anything'])).toEqual({ label: 'arrival', score: 2 / 3 });
  });

  it('memorises texts whatever their case and spacing, and admits what it has not seen', () => {
    const memorised = createBaselines(train)?.memorised;
    expect(memorised?.([' What is  the EXCHANGE rate'])).toEqual({ label: 'rate', score: 1 });
    expect(memorised?.(['what is the rate'])).toEqual({ label: 'arrival', score: 0 });
  });

  it('answers a text that it saw with several labels as it was most often answered', () => {
    const rows = [row('a', 'x'), row('a', 'y'), row('a', 'y'), row('b', 'x'), row('c', 'x')];
    expect(createBaselines(rows)?.memorised(['a']).label).toBe('y');
  });

  it('answers like the nearest training row, surest where the text is the same', () => {
    const nearest = createBaselines(train)?.nearest;
    expect(nearest?.(['the exchange rate today']).label).toBe('rate');
    expect(nearest?.(['what is the exchange rate']).score).toBeCloseTo(1);
    expect(nearest?.(['zzz'])).toEqual({ label: 'arrival', score: 0 });
  });

  it('has no baselines without a labelled row', () => {
    expect(createBaselines([row('cut', null)])).toBeNull();
  });
});
