import { describe, expect, it } from 'vitest';
import { isEnough, promiseOf } from './certificate.ts';

const stated = { promise: 'all-calls', epsilon: 0.02, delta: 0.05 } as const;

describe('the promise of a certificate', () => {
  it('is about all calls where it was issued before there was a choice', () => {
    expect(promiseOf({})).toBe('all-calls');
    expect(promiseOf({ promise: 'answered-calls' })).toBe('answered-calls');
  });

  it('is enough for what is no stricter', () => {
    expect(isEnough(stated, stated)).toBe(true);
    expect(isEnough(stated, { ...stated, epsilon: 0.05, delta: 0.1 })).toBe(true);
    expect(isEnough(stated, { ...stated, epsilon: 0.01 })).toBe(false);
    expect(isEnough(stated, { ...stated, delta: 0.01 })).toBe(false);
  });

  it('that let numbers be further off than is asked is not enough', () => {
    const loose = { ...stated, tolerance: 0.5 };
    expect(isEnough(loose, stated)).toBe(false);
    expect(isEnough(loose, { ...stated, tolerance: 0.1 })).toBe(false);
    expect(isEnough(stated, loose)).toBe(true);
    expect(isEnough(loose, loose)).toBe(true);
  });

  it('about the answered calls is enough for all calls, and not the other way round', () => {
    const ofAnswered = { ...stated, promise: 'answered-calls' } as const;
    expect(isEnough(ofAnswered, stated)).toBe(true);
    expect(isEnough(stated, ofAnswered)).toBe(false);
  });
});
