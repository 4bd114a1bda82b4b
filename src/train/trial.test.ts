import { describe, expect, it } from 'vitest';
import { areEqual } from '../../test/plain-labels.ts';
import { scriptedStudent } from '../../test/scripted-student.ts';
import { Trial, type TrialPlan } from './trial.ts';

const plan: TrialPlan = {
  look: 1,
  n: 70,
  share: 0.5,
  epsilon: 0.05,
  delta: 0.0304,
  source: 'window',
  startedAt: 0,
};

/** Says `yes`, sure of short texts. */
const student = scriptedStudent((text) => ({ label: 'yes', score: text.length < 20 ? 0.9 : 0.2 }));

/** Distinct also to those who read numbers as one. */
function word(i: number): string {
  return i.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)] ?? '');
}

function filled(count: number, { label = 'yes' as string | null, change = {} as Partial<TrialPlan> } = {}): Trial {
  const trial = new Trial(student, { ...plan, ...change }, areEqual, []);
  for (let i = 0; i < count; i++) trial.add([`text ${word(i)}`], label);
  return trial;
}

describe('a trial', () => {
  it('certifies nothing before its sample is full, however clean', () => {
    expect(filled(50).conclude().certified).toBe(false);
    const full = filled(70);
    expect([full.missing, full.conclude()]).toMatchObject([0, { certified: true, n: 70, errors: 0, answered: 70 }]);
  });

  it('takes no call beyond the n that was fixed before', () => {
    const trial = filled(70);
    for (let i = 0; i < 20; i++) trial.add([`late ${word(i)}`], 'no');
    expect(trial.conclude()).toMatchObject({ certified: true, n: 70, errors: 0 });
  });

  it('counts repeats and near-duplicates once', () => {
    const trial = new Trial(student, plan, areEqual, []);
    for (const text of ['Where is order 5?', 'where is order 17', '  WHERE is order 5!! ', 'Who is there?'])
      trial.add([text], 'yes');
    expect(trial.missing).toBe(68);
  });

  it('does not take what trained its student, nor near-duplicates of it', () => {
    const trial = new Trial(student, plan, areEqual, [['Where is order 5?'], ['Hello']]);
    for (const text of ['Where is order 5?', 'where is order 6', 'hello!', 'goodbye']) trial.add([text], 'yes');
    expect(trial.missing).toBe(69);
  });

  it('is held back by repeats that differ from the teacher, and never let loose by repeats that agree', () => {
    const trial = (copies: readonly string[]): Trial => {
      const made = new Trial(student, plan, areEqual, [['known']]);
      for (const label of copies) made.add(['Known!'], label);
      for (let i = 0; i < 70; i++) made.add([`text ${word(i)}`], 'yes');
      return made;
    };
    expect(trial(Array.from({ length: 20 }, () => 'no')).conclude().certified).toBe(false);
    expect(trial(Array.from({ length: 20 }, () => 'yes')).conclude()).toEqual(trial([]).conclude());
  });

  it('counts an answer without a label as different', () => {
    expect(filled(70, { label: null }).conclude()).toMatchObject({ certified: false, errors: 70 });
  });

  it('counts only what would be answered as an error', () => {
    const trial = new Trial(student, { ...plan, n: 140 }, areEqual, []);
    for (let i = 0; i < 70; i++) {
      trial.add([word(i)], 'yes');
      trial.add([`a text that is far too long to be sure of ${word(i)}`], 'no');
    }
    expect(trial.conclude()).toMatchObject({ certified: true, answered: 70, errors: 0, n: 140 });
  });

  it('hopes for no more than its sure calls, without an error among them', () => {
    const trial = new Trial(student, { ...plan, n: 140 }, areEqual, []);
    for (let i = 0; i < 40; i++) trial.add([word(i)], 'yes');
    for (let i = 0; i < 20; i++) trial.add([`a text that is far too long to be sure of ${word(i)}`], 'no');
    expect([trial.canReach(0.6), trial.canReach(0.7)]).toEqual([true, false]);
    expect(filled(60, { label: 'no' }).canReach(0)).toBe(false);
  });

  it('does not give up on the first few calls, whatever they say', () => {
    for (let count = 0; count < 50; count++) expect(filled(count, { label: 'no' }).canReach(0.9)).toBe(true);
  });

  it('goes on after a trip through JSON as if nothing had been', () => {
    const before = new Trial(student, plan, areEqual, [['known']]);
    for (let i = 0; i < 30; i++) before.add([`text ${word(i)}`], i === 3 ? 'no' : 'yes');
    const state = JSON.parse(JSON.stringify(before)) as ReturnType<Trial['toJSON']>;
    const seen = [['known'], ...Array.from({ length: 30 }, (_, i) => [`text ${word(i)}`])];
    const after = new Trial(student, state.plan, areEqual, seen, state);
    expect([after.missing, after.toJSON()]).toEqual([before.missing, before.toJSON()]);
    for (let i = 20; i < 90; i++) for (const trial of [before, after]) trial.add([`text ${word(i)}`], 'yes');
    expect([after.missing, after.conclude()]).toEqual([0, before.conclude()]);
  });
});
