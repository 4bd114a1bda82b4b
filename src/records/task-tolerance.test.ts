import { describe, expect, it } from 'vitest';
import { isSameAnswer } from './canonical-answer.ts';
import type { StructuredShape } from './output-shape.ts';
import type { Task } from './task.ts';
import { withTolerance } from './task-tolerance.ts';

const shape: StructuredShape = {
  kind: 'number',
  form: { kind: 'plain', before: '', after: '', grouping: '', mostWords: 1 },
  fields: [{ path: [], value: { kind: 'number', type: 'number', decimals: null }, nothing: 'null', presence: 1 }],
  notes: [],
};
const task: Task = { id: 't', name: 'score', tenant: 'shop', kind: 'task', shape, versions: [] };

function isSame(told: Task): boolean {
  return 'fields' in told.shape && isSameAnswer(told.shape, '0.5', '0.55');
}

describe('a tolerance', () => {
  it('is set by the name of the task, that with its tenant first', () => {
    expect(isSame(withTolerance(task, {}))).toBe(false);
    expect(isSame(withTolerance(task, { score: { tolerance: 0.05 } }))).toBe(true);
    expect(isSame(withTolerance(task, { score: { tolerance: 0.05 }, 'shop/score': { tolerance: 0.01 } }))).toBe(false);
    expect(isSame(withTolerance(task, { other: { tolerance: 1 } }))).toBe(false);
  });

  it('goes when it is no longer set, and never comes to a label', () => {
    const tolerant = withTolerance(task, { score: { tolerance: 0.05 } });
    expect(withTolerance(tolerant, {})).toEqual(task);
    const label: Task = { ...task, shape: { kind: 'label', form: { kind: 'plain' }, labels: [], unseenShare: 0 } };
    expect(withTolerance(label, { score: { tolerance: 0.05 } })).toBe(label);
  });
});
