import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../records/random.ts';
import { readLabelSetHead } from './label-set-head.ts';
import { type LabelSetRow, trainLabelSet } from './train-label-set.ts';

const words: Readonly<Record<string, readonly string[]>> = {
  '"billing"': ['the invoice is wrong', 'I paid twice', 'the price went up'],
  '"delivery"': ['the parcel is late', 'nothing has arrived', 'it came broken'],
  '"account"': ['I cannot log in', 'change my name', 'close my profile'],
};
const labels = Object.keys(words);

function rowsOf(count: number, seed: number): LabelSetRow[] {
  const random = seededRandom(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  return Array.from({ length: count }, () => {
    const chosen = labels.filter(() => random() < 0.4);
    const text = chosen.map((label) => pick(words[label] ?? [])).join(' and ');
    return { slots: [text === '' ? `hello there ${Math.floor(random() * 90)}` : text], labels: chosen };
  });
}

function saidBy({ head }: Pick<ReturnType<typeof trainLabelSet>, 'head'>, row: LabelSetRow): readonly string[] {
  return head.predict(row.slots, row.vector).members.map((at) => head.labels[at] as string);
}

describe('a head of several labels', () => {
  const trained = trainLabelSet(rowsOf(300, 1), { seed: 5 });

  it('says whole sets of unseen inputs, the empty one too', () => {
    const unseen = rowsOf(200, 2);
    const right = unseen.filter((row) => `${[...saidBy(trained, row)].sort()}` === `${[...row.labels].sort()}`);
    expect(right.length).toBeGreaterThan(190);
    expect(unseen.some((row) => row.labels.length === 0 && right.includes(row))).toBe(true);
  });

  it('is about as sure as it is right, out of fold', () => {
    const rows = rowsOf(300, 1);
    const sure = trained.outOfFold.reduce((sum, { probability }) => sum + probability, 0) / rows.length;
    const right = trained.outOfFold.filter(
      ({ members }, at) =>
        `${members.map((m) => trained.head.labels[m])}` === `${[...(rows[at]?.labels ?? [])].sort()}`,
    );
    expect(Math.abs(sure - right.length / rows.length)).toBeLessThan(0.1);
  });

  it('says the same after a trip through its file, with either kind of kernels', () => {
    for (const kernels of ['wasm', 'plain'] as const)
      for (const row of rowsOf(20, 3))
        expect(readLabelSetHead(trained.bytes, { kernels }).predict(row.slots)).toEqual(
          trained.head.predict(row.slots),
        );
  });

  it('is the same, byte for byte, when trained again', () => {
    expect(trainLabelSet(rowsOf(300, 1), { seed: 5 }).bytes).toEqual(trained.bytes);
  });

  it('learns from vectors what the words do not say, and is sure of nothing without one', () => {
    const random = seededRandom(9);
    const rows = Array.from({ length: 200 }, (_, at): LabelSetRow => {
      const isOn = random() < 0.5;
      return { slots: [`line ${at}`], labels: isOn ? ['"on"'] : [], vector: Float32Array.of(isOn ? 1 : -1, 0.1) };
    });
    const seeing = trainLabelSet(rows, { seed: 1, encoder: { id: 'tiny', dimensions: 2 } });
    expect(rows.filter((row) => `${saidBy(seeing, row)}` === `${row.labels}`).length).toBe(200);
    expect(seeing.head.predict(['line 5']).probability).toBe(0);
  });
});
