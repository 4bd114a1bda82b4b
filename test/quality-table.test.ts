import { describe, expect, it } from 'vitest';
import { certificateRows } from '../bench/quality/certificate-rows.ts';
import type { CoverageRun } from '../bench/quality/coverage.ts';
import { coverageRows } from '../bench/quality/coverage-rows.ts';
import { splitRows, type TaskRow, tenTasks } from '../bench/quality/label-tasks.ts';
import { pairedInterval } from '../bench/quality/statistics.ts';
import { toMarkdown } from '../bench/quality/table.ts';
import type { TracerRun } from '../bench/quality/tracer.ts';
import { tracerRows } from '../bench/quality/tracer-rows.ts';

/** Of 100 judging rows so many are answered and different, under every promise. */
function coverageOf(task: string, answered: number, different: number, seed = 1): CoverageRun {
  const judged = { threshold: 0.5, answered, different };
  const byEpsilon = { '0.05': judged, '0.02': judged };
  return {
    task,
    teacher: 'gold',
    seed,
    withVectors: true,
    rows: { train: 467, certify: 100, judge: 100 },
    agreement: 0.9,
    accuracy: 0.9,
    teacherAccuracy: 1,
    cpuSeconds: 2,
    all: byEpsilon,
    answered: byEpsilon,
    answeredAtTracersConfidence: byEpsilon,
  };
}

function tracerOf(task: string, handled: number, agreeing: number, cpuSeconds: number): TracerRun {
  return { task, target: 0.95, zoo: 'light', seed: 1, judged: 100, handled, agreeing, cpuSeconds };
}

const everyTask = (answered: number, different: number, seed = 1): readonly CoverageRun[] =>
  tenTasks.map(({ name }) => coverageOf(name, answered, different, seed));

describe('the quality table', () => {
  it('says that a bar is reached only for the mean of all ten tasks', () => {
    const [reached] = coverageRows(everyTask(88, 2)).gold;
    expect(reached).toMatchObject({ isMet: true });
    expect(reached?.ours).toContain('88.0 %');
    const [missed] = coverageRows(everyTask(86, 2)).gold;
    expect(missed).toMatchObject({ isMet: false });
    const [incomplete] = coverageRows(everyTask(99, 0).slice(1)).gold;
    expect(incomplete).toMatchObject({ ours: null, isMet: null });
  });

  it('counts the runs that broke their promise on the judging rows', () => {
    const runs = [...everyTask(90, 2), ...everyTask(90, 6, 2)];
    expect(coverageRows(runs).gold[0]?.ours).toContain('in 10 of 20');
  });

  it('keeps the tasks that a real model answered apart', () => {
    const { gold, real } = coverageRows(everyTask(90, 2));
    expect(gold.some(({ measure }) => measure.startsWith('isear'))).toBe(false);
    expect(real.find(({ measure }) => measure.startsWith('isear'))?.ours).toContain('90.0 %');
  });

  it('holds a comparison lost when the peer learns too quickly, handles more, or keeps its target more often', () => {
    const verdict = (handled: number, agreeing: number, seconds: number, different = 2): boolean | null | undefined =>
      tracerRows(
        everyTask(90, different),
        tenTasks.map(({ name }) => tracerOf(name, handled, agreeing, seconds)),
      )[0]?.isMet;
    expect(verdict(80, 79, 100)).toBe(true);
    expect(verdict(80, 79, 20)).toBe(false);
    expect(verdict(95, 94, 100)).toBe(false);
    expect(verdict(80, 79, 100, 9)).toBe(false);
  });

  it('holds threshold rules lost when they break more promises than a rule of others, however few', () => {
    const verdict = (broken: number): boolean | null | undefined => {
      const line = { pool: 'sms', epsilon: 0.02, labels: 500 };
      const lines = [
        { ...line, rule: 'surest first', answered: 0.8, broken },
        { ...line, rule: 'BARGAIN', answered: 0.7, broken: 0.017 },
      ];
      return certificateRows({ delta: 0.05, draws: 1000, sections: { 'same-labels': { lines } } }).gold[0]?.isMet;
    };
    expect(verdict(0.016)).toBe(true);
    expect(verdict(0.019)).toBe(false);
  });

  it('shows what has not been measured as such', () => {
    const text = toMarkdown(coverageRows(null));
    expect(text).toContain('| not measured | – |');
    expect(text).not.toContain('NaN');
  });
});

describe('rows to judge on', () => {
  it('are 15 % that nobody learned or certified on, the same for a seed', () => {
    const rows: readonly TaskRow[] = Array.from({ length: 200 }, (_, n) => ({ text: `t${n}`, label: 'a', gold: 'a' }));
    const { train, certify, judge } = splitRows(rows, 4);
    expect([train.length, certify.length, judge.length]).toEqual([140, 30, 30]);
    expect(new Set([...train, ...certify, ...judge]).size).toBe(200);
    expect(splitRows(rows, 4)).toEqual({ train, certify, judge });
    expect(splitRows(rows, 5).judge).not.toEqual(judge);
  });
});

describe('a paired interval', () => {
  it('is around the mean of the differences, and as wide as they scatter', () => {
    const { mean, low, high } = pairedInterval([1, -1, 0, 0, 1, -1, 0, 0, 1, 0]);
    expect(mean).toBeCloseTo(0.1, 10);
    // Standard deviation 0.7379, over √10.
    expect(high - mean).toBeCloseTo(1.96 * 0.2333, 3);
    expect(mean - low).toBeCloseTo(high - mean, 10);
  });
});
