import { describe, expect, it } from 'vitest';
import { skeletonsOf } from './answer-skeleton.ts';

const cities = ['Rome', 'Oslo', 'Lima', 'Bonn', 'Cork', 'Kyiv', 'Baku', 'Nice', 'Graz', 'Linz'];

/** Bookings whose class is of a closed set, and whose city is copied, or missing in every fifth. */
function bookings(count: number, note: (i: number) => string | null = () => null) {
  const rows = Array.from({ length: count }, (_, i) => {
    const city = i % 5 === 0 ? null : `${cities[i % 10]}${i}`;
    const comfort = i % 2 === 0 ? 'first' : 'second';
    return {
      input: [`a ${i % 2 === 0 ? 'dear' : 'cheap'} ticket ${city === null ? '' : `to ${city}`}`],
      answer: JSON.stringify({ city, comfort, note: note(i) }),
    };
  });
  return { inputs: rows.map(({ input }) => input), answers: rows.map(({ answer }) => answer) };
}

describe('skeletonsOf', () => {
  it('keeps closed values, and of copied ones only whether they are there', () => {
    const { inputs, answers } = bookings(40);
    const { skeletons, copyable, copies, fields } = skeletonsOf(inputs, answers);
    expect(new Set(skeletons).size).toBe(4);
    expect(copyable).toBe(1);
    expect(copies).toBeCloseTo(0.8);
    expect(fields.find(({ path }) => path === '/city')?.as.kind).toBe('span');
  });

  it('counts a free text as beyond copying wherever it says something', () => {
    const { inputs, answers } = bookings(40, (i) => (i % 4 === 0 ? `thought number ${i * 7919}` : null));
    expect(skeletonsOf(inputs, answers).copyable).toBeCloseTo(0.75);
  });
});
