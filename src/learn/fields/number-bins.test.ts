import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../records/random.ts';
import { binsOf, middleOf } from './number-bins.ts';
import { trainFieldsStudent } from './train-fields-student.ts';

describe('numbers that may be off', () => {
  it('stand for their group by a number that is within the tolerance of each', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -500, max: 500 }), { minLength: 2 }),
        fc.constantFrom(1, 0.1, 0.25),
        fc.integer({ min: 1, max: 7 }),
        (steps, step, reach) => {
          const numbers = steps.map((at) => Number((at * step).toPrecision(12)));
          const bins = binsOf(numbers, reach * step);
          if (bins === null) return;
          for (const number of numbers)
            expect(Math.abs(middleOf(bins, number) - number)).toBeLessThanOrEqual(reach * step + 1e-9);
        },
      ),
    );
  });

  it('are as they are where the tolerance is below a step', () => {
    expect(binsOf([1, 2, 3], 0.5)).toBeNull();
    expect(binsOf([7], 3)).toBeNull();
  });

  it('are learned in groups, so that a student is right within the tolerance', () => {
    const random = seededRandom(3);
    const rowsOf = (count: number) =>
      Array.from({ length: count }, () => {
        const praise = Math.floor(random() * 5);
        const score = 20 * praise + 8 + Math.floor(random() * 5);
        return {
          slots: [`${['awful', 'poor', 'fair', 'good', 'superb'][praise]} stay, room ${Math.floor(random() * 900)}`],
          label: JSON.stringify({ score }),
        };
      });
    const { student, report } = trainFieldsStudent(rowsOf(200), { seed: 1, tolerance: 4 });
    const close = rowsOf(100).filter(({ slots, label }) => {
      const given = JSON.parse(student.predict(slots).label) as { readonly score: number };
      return Math.abs(given.score - (JSON.parse(label) as { readonly score: number }).score) <= 4;
    });
    expect(close.length).toBeGreaterThan(70);
    expect(report.heldOutAccuracy).toBeGreaterThan(
      trainFieldsStudent(rowsOf(200), { seed: 1 }).report.heldOutAccuracy + 0.2,
    );
  });
});
