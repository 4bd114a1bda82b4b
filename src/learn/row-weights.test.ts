import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../records/random.ts';
import type { TrainingRow } from './student.ts';
import { trainStudent } from './train-student.ts';

const words: Readonly<Record<string, readonly string[]>> = {
  cancel: ['stop', 'undo', 'revoke', 'withdraw', 'annul', 'drop'],
  invoice: ['bill', 'receipt', 'statement', 'total', 'charge', 'amount'],
  password: ['login', 'locked', 'reset', 'signin', 'account', 'access'],
};
const labels = Object.keys(words);
const fillers = Array.from({ length: 60 }, (_, at) => `filler${at}`);

/** Invented calls: a word or two of the label's, one of any, among many that say nothing. */
function calls(count: number, random: Random): (TrainingRow & { readonly truth: string })[] {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  return Array.from({ length: count }, () => {
    const truth = pick(labels);
    const own = Array.from({ length: 2 }, () => pick(words[truth] as readonly string[]));
    const others = [pick(words[pick(labels)] as readonly string[]), ...Array.from({ length: 5 }, () => pick(fillers))];
    return { slots: [[...own, ...others].join(' ')], label: truth, truth };
  });
}

/** A teacher that gives another label in one call of five. */
function withErrors(rows: readonly (TrainingRow & { readonly truth: string })[], random: Random) {
  return rows.map((row) => {
    const isWrong = random() < 0.2;
    const others = labels.filter((label) => label !== row.truth);
    return { ...row, label: isWrong ? (others[Math.floor(random() * others.length)] as string) : row.truth, isWrong };
  });
}

const settings = { seed: 3, head: 'linear' } as const;

describe('rows whose label is likely wrong', () => {
  const random = seededRandom(11);
  const taught = withErrors(calls(600, random), random);
  const trained = trainStudent(taught, settings);

  it('count less where the teacher errs at random, and are the wrong ones, by and large', () => {
    const { rowWeights } = trained.report;
    expect(rowWeights.weighedDown).toBe(trained.weighedDown.length);
    expect(rowWeights.weighedDown).toBe(rowWeights.likelyErrors);
    const hits = trained.weighedDown.filter((row) => taught[row]?.isWrong === true).length;
    expect(hits / trained.weighedDown.length).toBeGreaterThan(0.7);
    expect(hits / taught.filter(({ isWrong }) => isWrong).length).toBeGreaterThan(0.5);
  });

  it('mislead the student less than rows that count in full', () => {
    const unseen = calls(1500, seededRandom(12));
    const accuracyOf = ({ student }: typeof trained): number =>
      unseen.filter(({ slots, truth }) => student.predict(slots).label === truth).length / unseen.length;
    expect(accuracyOf(trained)).toBeGreaterThan(
      accuracyOf(trainStudent(taught, { ...settings, rowWeights: 'given' })) + 0.02,
    );
  });

  it('still are held out and judged by the label they were given', () => {
    expect(trained.outOfFold.length).toBe(taught.length);
    const agreeing = trained.outOfFold.filter(({ label }, row) => label === taught[row]?.label).length;
    expect(agreeing / taught.length).toBe(trained.report.heldOutAccuracy);
    expect(trained.report.heldOutAccuracy).toBeLessThan(0.85);
  });

  it('count in full where nobody errs, and where labels follow nothing', () => {
    const clean = calls(400, seededRandom(13));
    const guessing = seededRandom(14);
    const senseless = clean.map((row) => ({ ...row, label: labels[Math.floor(guessing() * labels.length)] as string }));
    for (const rows of [clean, senseless]) {
      const { weighedDown, report, student } = trainStudent(rows, settings);
      expect(weighedDown).toEqual([]);
      expect(report.rowWeights.weighedDown).toBe(0);
      expect(student.id).toBe(trainStudent(rows, { ...settings, rowWeights: 'given' }).student.id);
    }
  });
});
