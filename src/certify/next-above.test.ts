import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextAbove } from './next-above.ts';

describe('nextAbove', () => {
  it('leaves no number between, whatever the sign', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const above = nextAbove(value);
        expect(above).toBeGreaterThan(value);
        const middle = value / 2 + above / 2;
        expect([value, above].some((end) => Object.is(end + 0, middle + 0))).toBe(true);
      }),
    );
    expect(nextAbove(0)).toBe(Number.MIN_VALUE);
    expect(nextAbove(1)).toBe(1 + Number.EPSILON);
  });

  it('leaves infinity where it is', () => {
    expect(nextAbove(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(nextAbove(Number.NEGATIVE_INFINITY)).toBe(Number.NEGATIVE_INFINITY);
  });
});
