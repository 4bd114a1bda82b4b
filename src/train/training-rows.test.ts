import { describe, expect, it } from 'vitest';
import { answeredWith } from '../../test/plain-labels.ts';
import { inputKey, type LabelledCall, lessonFor, TrainingRows } from './training-rows.ts';

function row(text: string, label: string | null = 'a', change: Partial<LabelledCall> = {}): LabelledCall {
  return { callId: text, at: 0, slots: [text], ...answeredWith(label), version: 'v1', era: 0, weight: 1, ...change };
}

function many(count: number, label: string, change: Partial<LabelledCall> = {}): LabelledCall[] {
  return Array.from({ length: count }, (_, i) => row(`${label} text ${i}`, label, change));
}

const now = { version: 'v1', era: 0, slots: 1, earlierWeight: 1, isClosedSet: true };

describe('an input', () => {
  it('is the same whatever its case, digits, punctuation and white space', () => {
    const key = inputKey(['Where is order 4711?!']);
    expect(inputKey(['  where IS\torder 99 '])).toBe(key);
    expect(inputKey(['Where is my order 4711?'])).not.toBe(key);
    expect(inputKey(['a', 'b'])).not.toBe(inputKey(['a b']));
    expect(inputKey(['größe Ünïcode'])).not.toBe(inputKey(['gr e n code']));
  });
});

describe('the rows of a task', () => {
  it('are bounded, and the newest are kept in their order', () => {
    const rows = new TrainingRows({ capacity: 50 });
    for (let i = 0; i < 1000; i++) {
      rows.add(row(`text ${i}`));
      expect(rows.size).toBeLessThanOrEqual(55);
    }
    const kept = rows.all().map((each) => each.slots[0]);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => `text ${1000 - kept.length + i}`));
    expect(kept.length).toBeGreaterThanOrEqual(50);
  });

  it('are counted by version and era, also those that have left', () => {
    const rows = new TrainingRows({ capacity: 10 });
    for (let i = 0; i < 30; i++) rows.add(row(`x ${i}`));
    rows.add(row('y', 'a', { era: 1 }));
    rows.add(row('z', 'a', { version: 'v2' }));
    expect([rows.count('v1', 0), rows.count('v1', 1), rows.count('v2', 0), rows.count('v2', 1)]).toEqual([30, 1, 1, 0]);
  });

  it("foretell the share of labels yet unseen by Good and Turing's rule, never quite none", () => {
    const rows = new TrainingRows();
    expect(rows.unseenShare()).toBe(1);
    for (const label of ['a', 'a', 'a', 'b', 'c', null]) rows.add(row('x', label));
    expect(rows.unseenShare()).toBeCloseTo((2 + 1) / (5 + 1));
    for (let i = 0; i < 1000; i++) for (const label of ['a', 'b', 'c']) rows.add(row('x', label));
    expect(rows.unseenShare()).toBeGreaterThan(0);
    expect(rows.unseenShare()).toBeLessThan(0.001);
    expect([rows.hasSeen('a'), rows.hasSeen('d')]).toEqual([true, false]);
  });
});

describe('rows whose shape has become another', () => {
  it('are read again, and what is new counts anew', () => {
    const rows = new TrainingRows();
    for (const label of ['Yes.', 'yes', 'no']) rows.add(row('x', label));
    rows.relabel((answer) => answeredWith(answer.kind === 'text' ? answer.text.replace('.', '').toLowerCase() : null));
    expect(rows.all().map(({ label }) => label)).toEqual(['yes', 'yes', 'no']);
    expect([rows.hasSeen('yes'), rows.hasSeen('Yes.')]).toEqual([true, false]);
    expect(rows.unseenShare()).toBeCloseTo((1 + 1) / (3 + 1));
  });
});

describe('a lesson', () => {
  it('leaves out answers without a label', () => {
    const { rows, calls } = lessonFor({ calls: [row('x', 'a'), row('y', null), row('z', 'b')], ...now });
    expect(rows.map(({ label }) => label)).toEqual(['a', 'b']);
    expect(calls.map(({ slots }) => slots)).toEqual([['x'], ['z']]);
  });

  it('takes a label seen once for an accident among many rows, and for news among few', () => {
    const few = lessonFor({ calls: [...many(10, 'a'), row('odd', 'z')], ...now });
    const lots = lessonFor({ calls: [...many(60, 'a'), row('odd', 'z')], ...now });
    const twice = lessonFor({ calls: [...many(60, 'a'), row('odd', 'z'), row('odder', 'z')], ...now });
    expect([few, lots, twice].map(({ rows }) => rows.filter(({ label }) => label === 'z').length)).toEqual([1, 0, 2]);
  });

  it('keeps what came once where answers are put together from fields', () => {
    const { rows } = lessonFor({ calls: [...many(60, 'a'), row('odd', 'z')], ...now, isClosedSet: false });
    expect(rows.map(({ label }) => label)).toContain('z');
  });

  it('takes rows of other versions and eras only where the prompt has as many slots', () => {
    const calls = [
      ...many(5, 'a'),
      ...many(4, 'b', { version: 'v0' }),
      ...many(3, 'c', { era: 1 }),
      ...many(2, 'd', { version: 'v2', slots: ['one', 'two'] }),
    ];
    const lesson = lessonFor({ calls, ...now, earlierWeight: 0.5 });
    expect(lesson.rows.length).toBe(12);
    expect(new Set(lesson.rows.map(({ label, weight }) => `${label} ${weight}`))).toEqual(
      new Set(['a 1', 'b 0.5', 'c 0.5']),
    );
    expect(lessonFor({ calls, ...now, earlierWeight: 0 }).rows.map(({ label }) => label)).toEqual(
      Array.from({ length: 5 }, () => 'a'),
    );
  });
});
