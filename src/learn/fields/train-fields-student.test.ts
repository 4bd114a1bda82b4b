import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../records/random.ts';
import { readStudent } from '../student.ts';
import { inventedRows, inventedTasks } from './invented-answers.contract.ts';
import { trainFieldsStudent } from './train-fields-student.ts';

const trained = Object.fromEntries(
  Object.keys(inventedTasks).map((task) => [task, trainFieldsStudent(inventedRows(task, 160, 1), { seed: 7 })]),
);

describe.each(Object.keys(inventedTasks))('a student of %s', (task) => {
  const { student, outOfFold, report } = trained[task] as ReturnType<typeof trainFieldsStudent>;
  const unseen = inventedRows(task, 100, 2);

  it('says whole answers of unseen calls as its teacher does', () => {
    const right = unseen.filter(({ slots, label }) => student.predict(slots).label === label);
    expect(right.length / unseen.length).toBeGreaterThan(0.9);
    expect(report.heldOutAccuracy).toBeGreaterThan(0.85);
  });

  it('is less sure of a stranger', () => {
    const familiar = unseen.map(({ slots }) => student.predict(slots).score).sort((a, b) => a - b);
    for (const stranger of ['xqzv kjjh wwpp brrf', 'wo finde ich die nächste Bushaltestelle bitte', '東京の天気は'])
      expect(student.predict([stranger]).score).toBeLessThan(familiar[50] as number);
  });

  it('judges every training row out of fold', () => {
    expect(outOfFold.length).toBe(160);
    for (const { score } of outOfFold) {
      expect(score).toBeGreaterThan(0);
      expect(score).toBeLessThan(1);
    }
  });

  it('says the same after a trip through its file, and never fails on odd inputs', () => {
    const read = readStudent(student.toBytes());
    expect(read.id).toBe(student.id);
    for (const text of [
      ...unseen.map(({ slots }) => slots[0] as string),
      '',
      '\ud800',
      'x'.repeat(30_000),
      'مرحبا Lyon',
    ])
      expect(read.predict([text])).toEqual(student.predict([text]));
  });

  it('is refused when its file was altered or cut', () => {
    const bytes = student.toBytes();
    const altered = bytes.slice();
    altered[bytes.length - 9] = (altered[bytes.length - 9] as number) ^ 1;
    for (const broken of [altered, bytes.subarray(0, bytes.length - 5), bytes.subarray(0, 20)])
      expect(() => readStudent(broken)).toThrowError(expect.objectContaining({ code: 'student_damaged' }));
  });
});

describe('training on answers of several fields', () => {
  it('counts rows less in the field whose value is likely wrong there', () => {
    const random = seededRandom(5);
    const draw = (count: number): number => Math.floor(random() * count);
    const words = ['refund login parcel', 'invoice reset courier', 'charge locked depot', 'bill access van'];
    const rows = Array.from({ length: 500 }, () => {
      const [kind, size] = [draw(3), draw(2)];
      const said = [draw(4), draw(4), draw(4)].map((at) => (words[at] as string).split(' ')[kind]);
      const text = `${said.join(' ')} ${['small', 'large'][size]} filler${draw(40)} filler${draw(40)}`;
      const isWrong = random() < 0.15;
      return { slots: [text], label: `{"kind":"k${isWrong ? (kind + 1) % 3 : kind}","size":"s${size}"}`, isWrong };
    });
    const { rowWeights } = trainFieldsStudent(rows, { seed: 1 }).report;
    expect(rowWeights.weighedDown).toBe(rowWeights.likelyErrors);
    expect(rowWeights.weighedDown).toBeGreaterThan(0.8 * rows.filter(({ isWrong }) => isWrong).length);
  });

  it('writes values as the teacher does where the input says them otherwise', () => {
    const words = ['two', 'three', 'four', 'five', 'six', 'seven'];
    const rowsOf = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => {
        const at = from + i;
        const [hour, minute] = [1 + (at % 11), (at * 7) % 60];
        const time = `${hour}:${String(minute).padStart(2, '0')} pm`;
        return {
          slots: [`a table for ${words[at % 6]} at ${time} please, no. ${at}`],
          label: JSON.stringify({ people: 2 + (at % 6), time: `${hour + 12}:${String(minute).padStart(2, '0')}` }),
        };
      });
    const { student, report } = trainFieldsStudent(rowsOf(0, 160), { seed: 1 });
    expect(report.fields.map(({ kind }) => kind)).toEqual(['span', 'span']);
    const unseen = rowsOf(500, 60);
    const right = unseen.filter(({ slots, label }) => student.predict(slots).label === label);
    expect(right.length).toBeGreaterThan(55);
  });

  it('gives the same bytes for the same rows and seed', () => {
    const again = trainFieldsStudent(inventedRows('tools', 160, 1), { seed: 7 });
    expect(again.student.id).toBe(trained.tools?.student.id);
  });

  it('lets the tool tell the tagger which arguments to look for', () => {
    expect(trained.tools?.student.manifest.guide).toBe('/tool');
  });

  it('survives free text in one call of fifty, and is less sure of nothing else for it', () => {
    const rows = inventedRows('booking', 200, 5).map((row, at) =>
      at % 50 === 49
        ? { ...row, label: row.label.replace('}', `,"note":"a remark nobody could foresee, no. ${at}"}`) }
        : row,
    );
    const { student, report } = trainFieldsStudent(rows, { seed: 1 });
    expect(report.fields.find(({ field }) => field === 'note')).toMatchObject({ kind: 'free', explained: 0.98 });
    expect(report.learnableRows).toBe(196);
    const unseen = inventedRows('booking', 60, 6);
    const right = unseen.filter(({ slots, label }) => student.predict(slots).label === label);
    expect(right.length).toBeGreaterThan(50);
  });

  it('is refused, with the field that is in the way, where hardly any answer could be said', () => {
    const rows = Array.from({ length: 80 }, (_, at) => ({
      slots: [`message ${at}`],
      label: JSON.stringify({ ok: at % 2 === 0, summary: `something else in the words of nobody, number ${at}` }),
    }));
    expect(() => trainFieldsStudent(rows, { seed: 1 })).toThrowError(
      expect.objectContaining({
        code: 'shape_not_learnable',
        message: expect.stringContaining('`summary` is free text in 100 %'),
      }),
    );
    expect(() => trainFieldsStudent([], { seed: 1 })).toThrowError(
      expect.objectContaining({ code: 'too_few_examples' }),
    );
  });
});
