import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainLabels } from '../../test/plain-labels.ts';
import type { Example } from '../records/example.ts';
import { evaluate } from './evaluate.ts';
import type { Predict } from './prediction.ts';

/** A row whose text says what the student answers and how sure it is. */
function row(id: number, student: string, score: number, label: string | null, gold: string | null): Example {
  return { callId: `c${id}`, at: id, slots: [`${student} ${score}`], label, gold, version: 'v' };
}

const obedient: Predict = ([text = '']) => {
  const [label = '', score = '0'] = text.split(' ');
  return { label, score: Number(score) };
};

const always =
  (label: string): Predict =>
  () => ({ label, score: 1 });

function ask(rows: readonly Example[], threshold: number | null = null) {
  return evaluate({ shape: plainLabels, rows, predict: obedient, baselines: { majority: always('up') }, threshold });
}

const four = [
  row(1, 'up', 0.9, 'up', 'up'),
  row(2, 'down', 0.8, 'up', 'down'),
  row(3, 'down', 0.7, 'down', 'up'),
  row(4, 'up', 0.2, null, null),
];

const label = fc.constantFrom('up', 'down', 'none');
const anyRows = fc.array(
  fc
    .record({
      student: label,
      score: fc.integer({ min: 0, max: 4 }),
      teacher: fc.option(label),
      gold: fc.option(label),
    })
    .map(({ student, score, teacher, gold }) => row(0, student, score / 4, teacher, gold)),
  { minLength: 1, maxLength: 60 },
);

describe('evaluate', () => {
  it('measures agreement over all rows, and accuracy of both over the rows with gold', () => {
    const { student, teacher, rows, goldRows } = ask(four);
    expect([rows, goldRows]).toEqual([4, 3]);
    expect(student.agreement).toMatchObject({ count: 2, n: 4, share: 0.5 });
    expect(student.accuracy).toMatchObject({ count: 2, n: 3 });
    expect(teacher.accuracy).toMatchObject({ count: 1, n: 3 });
  });

  it('knows nothing of accuracy without gold', () => {
    const { student, teacher, errorGroups } = ask([row(1, 'up', 1, 'up', null)]);
    expect([student.accuracy, teacher.accuracy, errorGroups]).toEqual([null, null, null]);
  });

  it('surrounds a share with the exact interval of published tables', () => {
    const rows = Array.from({ length: 10 }, (_, i) => row(i, 'up', 1, i < 8 ? 'up' : 'down', null));
    const { agreement } = ask(rows).student;
    expect(agreement?.low).toBeCloseTo(0.4439, 4);
    expect(agreement?.high).toBeCloseTo(0.9748, 4);
  });

  it('measures what the application would get at the threshold', () => {
    const { served } = ask(four, 0.75);
    expect(served?.answered).toMatchObject({ count: 2, n: 4 });
    expect(served?.agreement).toMatchObject({ count: 1, n: 2 });
    expect(served?.different).toMatchObject({ count: 1, n: 4 });
    expect(served?.accuracy).toMatchObject({ count: 2, n: 3 });
  });

  it('sorts the rows with gold by who is wrong', () => {
    const groups = ask([
      ...four,
      row(5, 'up', 1, 'up', 'none'),
      row(6, 'up', 1, 'down', 'none'),
      row(7, 'up', 1, 'down', 'down'),
    ]).errorGroups;
    expect(groups).toEqual({
      bothRight: { count: 1, callIds: ['c1'] },
      onlyTeacherWrong: { count: 1, callIds: ['c2'] },
      bothWrongAlike: { count: 2, callIds: ['c3', 'c5'] },
      bothWrongDifferently: { count: 1, callIds: ['c6'] },
      onlyStudentWrong: { count: 1, callIds: ['c7'] },
    });
  });

  it('gives precision, recall and F1 of every label, and null where they have no meaning', () => {
    const { labels, macroF1 } = ask([...four, row(5, 'odd', 1, 'rare', null)]);
    const byLabel = new Map(labels.map((measures) => [measures.label, measures]));
    expect(byLabel.get('up')).toEqual({ label: 'up', rows: 2, precision: 0.5, recall: 0.5, f1: 0.5 });
    expect(byLabel.get('odd')).toEqual({ label: 'odd', rows: 0, precision: 0, recall: null, f1: 0 });
    expect(byLabel.get('rare')).toEqual({ label: 'rare', rows: 1, precision: null, recall: 0, f1: 0 });
    expect(macroF1).toBeCloseTo((0.5 + 2 / 3 + 0) / 3);
  });

  it('names confusion pairs with calls to look at, most frequent first', () => {
    const rows = [...four, row(5, 'down', 1, 'up', null)];
    expect(ask(rows).confusions).toEqual([
      { teacher: 'up', student: 'down', count: 2, callIds: ['c2', 'c5'] },
      { teacher: null, student: 'up', count: 1, callIds: ['c4'] },
    ]);
  });

  it('does not offer a student that is only as good as a baseline', () => {
    const rows = [row(1, 'up', 1, 'up', null), row(2, 'up', 1, 'down', null)];
    expect(ask(rows).beatsBaselines).toBe(false);
    expect(ask([...rows, row(3, 'down', 1, 'down', null)]).beatsBaselines).toBe(true);
  });

  it('offers a student that is as good as the nearest neighbour', () => {
    const rows = [row(1, 'up', 1, 'up', null), row(2, 'down', 1, 'down', null)];
    expect(
      evaluate({ shape: plainLabels, rows, predict: obedient, baselines: { nearest: obedient }, threshold: null })
        .beatsBaselines,
    ).toBe(true);
  });

  it('draws a curve that ends at all rows and never cuts between equal scores', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const { curve, student } = ask(rows);
        expect(curve.at(-1)?.coverage).toBe(1);
        expect(curve.at(-1)?.agreement).toBeCloseTo(student.agreement?.share ?? Number.NaN);
        for (const point of curve) {
          const answered = rows.filter((each) => obedient(each.slots).score >= point.threshold);
          expect(point.coverage).toBeCloseTo(answered.length / rows.length);
        }
        expect(curve.length).toBe(new Set(rows.map((each) => obedient(each.slots).score)).size);
      }),
    );
  });

  it('says of every threshold on the curve what serving at it measures', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        for (const point of ask(rows).curve) {
          const { served } = ask(rows, point.threshold);
          expect(served?.different?.share).toBeCloseTo(point.different);
          expect(served?.agreement?.share).toBeCloseTo(point.agreement);
        }
      }),
    );
  });

  it('keeps a curve of many rows short', () => {
    const rows = Array.from({ length: 2000 }, (_, i) => row(i, 'up', i / 2000, 'up', null));
    expect(ask(rows).curve.length).toBeLessThanOrEqual(100);
  });

  it('has nothing to say about no rows, and says so', () => {
    const { student, curve, macroF1, beatsBaselines } = ask([]);
    expect([student.agreement, curve, macroF1, beatsBaselines]).toEqual([null, [], null, false]);
  });
});
