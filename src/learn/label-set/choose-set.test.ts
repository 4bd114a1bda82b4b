import { describe, expect, it } from 'vitest';
import { chooseSet } from './choose-set.ts';

const alone = [0, 1].map((label) => ({ members: [label], bonus: 0 }));

describe('the set that is chosen', () => {
  it('holds the labels that are likelier than not, where no set is likelier than its labels', () => {
    const sets = [...alone, { members: [0, 1], bonus: 0 }, { members: [], bonus: 0 }];
    expect(chooseSet([0.9, 0.2], sets).members).toEqual([0]);
    expect(chooseSet([0.9, 0.8], sets).members).toEqual([0, 1]);
    expect(chooseSet([0.1, 0.2], sets).members).toEqual([]);
  });

  it('has the probability that independent labels give it, where all sets are candidates', () => {
    const sets = [...alone, { members: [0, 1], bonus: 0 }, { members: [], bonus: 0 }];
    const { probability, margin } = chooseSet([0.9, 0.8], sets);
    expect(probability).toBeCloseTo(0.72);
    expect(margin).toBeCloseTo(0.72 - 0.18);
  });

  it('is one that answers had, unless the labels are very sure of another', () => {
    expect(chooseSet([0.6, 0.6], alone).members).toHaveLength(1);
    expect(chooseSet([0.999, 0.999], alone).members).toEqual([0, 1]);
  });

  it('is never chosen for a label alone that always came with another', () => {
    const sets = [
      { members: [0, 1], bonus: 2 },
      { members: [], bonus: 0 },
    ];
    expect(chooseSet([0.7, 0.4], sets).members).toEqual([0, 1]);
  });
});
