import { beforeEach, describe, expect, it } from 'vitest';
import { binomialUpperBound } from '../certify/binomial-bounds.ts';
import { callsThatCount } from '../certify/calls-that-count.ts';
import { readServingStudent } from '../gateway/serving-student.ts';
import { trainStudent } from '../learn/train-student.ts';
import type { PromiseKind } from '../records/certificate.ts';
import type { Example } from '../records/example.ts';
import type { Task } from '../records/task.ts';
import { openStore } from '../storage/open-store.ts';
import type { Store } from '../storage/store.ts';
import type { Trainer } from '../train/trainer.ts';
import { keepCalls, sampleCalls } from './__fixtures__/sample-calls.ts';
import { findStoredTasks, readExamples } from './stored-tasks.ts';
import { describeOutcome } from './train.ts';
import { trainTask } from './train-task.ts';

const trainer: Trainer = {
  train: async ({ rows, seed }) => trainStudent(rows, { seed, head: 'linear' }),
  close: async () => {},
};

let store: Store;
let task: Task;
let examples: readonly Example[];
beforeEach(async () => {
  store = await openStore(':memory:');
  await keepCalls(store, sampleCalls(900));
  [task] = (await findStoredTasks(store)) as [Task];
  examples = await readExamples(store, task);
});

function train(rows: readonly Example[], epsilon = 0.05, promise: PromiseKind = 'all-calls') {
  const options = {
    store,
    task,
    frozenGold: new Set<string>(),
    trainer,
    head: 'linear',
    delta: 0.05,
    seed: 1,
    now: 5,
  } as const;
  return trainTask({ ...options, examples: rows, epsilon, promise });
}

describe('trainTask', () => {
  it('stores a student that beats the baselines, with the certificate it earned', async () => {
    const report = await train(examples);
    expect(report.evaluation.beatsBaselines).toBe(true);
    expect(report.certificate).toMatchObject({ look: 1, task: task.id, at: 5, epsilon: 0.05 });
    const serving = await readServingStudent(store, task);
    expect(serving.student.id).toBe(report.student.id);
    expect(serving.certificate).toEqual(report.certificate);
    expect(report.evaluation.served?.threshold).toBe(report.certificate?.threshold);
  });

  it('states the promise that was asked for, and says so in words', async () => {
    const report = await train(examples, 0.05, 'answered-calls');
    const { errors, answered = 0, spentDelta = 0 } = report.certificate ?? { errors: 0 };
    expect(report.certificate?.promise).toBe('answered-calls');
    expect(report.certificate?.upperBound).toBeCloseTo(
      binomialUpperBound({ errors, n: answered, delta: spentDelta }),
      12,
    );
    expect(describeOutcome(report)).toContain("of the answers it gives differ from the teacher's");
    expect(describeOutcome(await train(examples))).toContain('of all calls get an answer that differs');
  });

  it('certifies on the newest calls that count, so that none makes the promise stricter than asked for', async () => {
    const { certificate, rows } = await train(examples);
    const { n = 0, spentDelta = 1 } = certificate ?? {};
    expect(n).toBeLessThanOrEqual(rows.certify);
    expect(callsThatCount({ n: rows.certify, epsilon: 0.05, delta: spentDelta })).toBe(n);
  });

  it('says how many calls are missing where nothing can be certified, and counts the look all the same', async () => {
    const first = await train(examples, 0.0001);
    expect(first.choice).toMatchObject({ certified: false });
    expect(first.certificate).toBeNull();
    expect((await train(examples)).look).toBe(2);
  });

  it('gives the same student from the same calls and seed', async () => {
    expect((await train(examples)).student.id).toBe((await train(examples)).student.id);
  });

  it('does not offer a student that learned nothing, and spends no look on it', async () => {
    const constant = examples.map((row) => ({ ...row, label: 'billing' }));
    expect(await train(constant)).toMatchObject({ look: null, choice: null, certificate: null });
    await expect(readServingStudent(store, task)).rejects.toMatchObject({ code: 'student_not_found' });
    expect((await train(examples)).look).toBe(1);
  });

  it('asks for more calls where there are too few', async () => {
    await expect(train(examples.slice(0, 10))).rejects.toMatchObject({ code: 'too_few_examples' });
  });
});
