import { describe, expect, it } from 'vitest';
import { distillability } from './distillability.ts';
import type { LoggedAnswer } from './log-signs.ts';

const topics = ['billing', 'travel', 'health', 'sports'];

/** Calls whose answer follows from their words, except where `noise` says so. */
function calls(count: number, noise: (i: number) => boolean = () => false): LoggedAnswer[] {
  return Array.from({ length: count }, (_, i) => {
    const topic = topics[i % 4] ?? '';
    const other = topics[(i * 7 + 1 + Math.floor(i / 4)) % 4] ?? '';
    return {
      slots: [`${topic}${i % 12} matter ${topic}${(i * 5) % 12} of case ${i}`],
      label: noise(i) ? other : topic,
    };
  });
}

const ask = (logged: readonly LoggedAnswer[], epsilon = 0.05) => distillability(logged, { kind: 'label', epsilon });

describe('distillability', () => {
  it('expects much where answers follow from words, and little where they do not', () => {
    const clear = ask(calls(400));
    const random = ask(calls(400, () => true));
    expect(clear?.agreement.share).toBeGreaterThan(0.95);
    expect(random?.agreement.share).toBeLessThan(0.6);
    expect(clear?.answerable.share).toBeGreaterThan(random?.answerable.share ?? 1);
  });

  it('expects no less of a looser promise', () => {
    const noisy = calls(400, (i) => i % 3 === 0);
    expect(ask(noisy, 0.1)?.answerable.share).toBeGreaterThan(ask(noisy, 0.02)?.answerable.share ?? 1);
  });

  it('gives its weightiest reason first, and a band around its figure', () => {
    const figure = ask(calls(400, (i) => i % 2 === 0));
    const effects = figure?.reasons.map(({ effect }) => Math.abs(effect)) ?? [];
    expect(effects).toEqual([...effects].sort((a, b) => b - a));
    expect(figure?.reasons.map(({ words }) => words).join()).toContain('calls get their answer from the most similar');
    expect(figure?.agreement.low).toBeLessThan(figure?.agreement.share ?? 0);
    expect(figure?.agreement.high).toBeGreaterThan(figure?.agreement.share ?? 1);
  });

  it('expects no more than the teacher agrees with itself on repeats, and says so', () => {
    const once = calls(200);
    const again = once.map((call, i) => (i % 2 === 0 ? call : { ...call, label: topics[(i + 2) % 4] ?? '' }));
    const figure = ask([...once, ...again]);
    expect(figure?.signs.repeats).toMatchObject({ n: 200, share: 0.5 });
    expect(figure?.agreement.high).toBeLessThan(0.6);
    expect(figure?.reasons.map(({ words }) => words)).toContain(
      'asked again, the teacher gives its first answer in 50% of 200 repeats',
    );
  });

  it('counts calls without an answer of the form as calls that no student gets right', () => {
    const cut = calls(400).map((call, i) => (i % 2 === 0 ? { ...call, label: null } : call));
    expect(ask(cut)?.agreement.high).toBeLessThanOrEqual(0.5);
    expect(ask(cut)?.reasons[0]?.words).toBe('50% of the calls have no answer of this form');
  });

  it('names the field that cannot be copied', () => {
    const answers = Array.from({ length: 60 }, (_, i) => ({
      slots: [`book table ${i} at ${i % 12} for ${i % 5}`],
      label: JSON.stringify({ hour: `${i % 12}`, thought: `free ${(i * 7919) % 1009} text ${i}` }),
    }));
    const figure = distillability(answers, { kind: 'fields', epsilon: 0.05 });
    expect(figure?.agreement.share).toBeLessThan(0.05);
    expect(figure?.reasons[0]?.words).toContain('`thought`');
  });

  it('has no figure without answers', () => {
    expect(ask([])).toBeNull();
    expect(ask([{ slots: ['x'], label: null }])).toBeNull();
  });

  it('takes a single answer, and inputs without a word', () => {
    expect(ask([{ slots: ['x'], label: 'a' }])?.signs).toMatchObject({ rows: 1, majorityShare: 1, repeats: null });
    const empty = Array.from({ length: 30 }, () => ({ slots: [''], label: 'a' }));
    expect(ask(empty)?.signs).toMatchObject({ words: 0, answers: 1 });
  });
});
