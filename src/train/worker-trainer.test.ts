import { afterAll, describe, expect, it } from 'vitest';
import { keywordRows } from '../../test/keyword-stream.ts';
import { trainStudent } from '../learn/train-student.ts';
import type { TrainingJob } from './trainer.ts';
import { WorkerTrainer } from './worker-trainer.ts';

function job(seed: number, count = 60): TrainingJob {
  return {
    kind: 'label',
    rows: keywordRows({ count, seed }).map(({ text, label }) => ({ slots: [text], label })),
    seed,
    head: 'linear',
  };
}

describe('a trainer with worker threads', () => {
  const trainer = new WorkerTrainer();
  afterAll(() => trainer.close());

  it('gives the very student that a training here and now gives', async () => {
    const shares: number[] = [];
    const trained = await trainer.train(job(1), (share) => shares.push(share));
    const here = trainStudent(job(1).rows, { seed: 1, head: 'linear' });
    expect(trained.student.id).toBe(here.student.id);
    expect(trained.outOfFold).toEqual(here.outOfFold);
    expect(trained.student.predict(['late invoice'])).toEqual(here.student.predict(['late invoice']));
    expect(shares.at(-1)).toBe(1);
  });

  it('takes more jobs than it has threads, each with its own result', async () => {
    const outcomes = await Promise.all([2, 3].map((seed) => trainer.train(job(seed))));
    expect(outcomes.map(({ student }) => student.id)).toEqual(
      [2, 3].map((seed) => trainStudent(job(seed).rows, { seed, head: 'linear' }).student.id),
    );
  });

  it('fails a job that cannot be done, and goes on with the next', async () => {
    const failing = trainer.train({ kind: 'label', rows: [], seed: 1, head: 'linear' });
    await expect(failing).rejects.toMatchObject({
      code: 'too_few_examples',
      message: expect.stringContaining('0 rows'),
    });
    await expect(trainer.train(job(6))).resolves.toBeDefined();
  });

  it('gives up on closing what runs and what waits, and takes nothing more', async () => {
    const closed = new WorkerTrainer();
    const jobs = [closed.train(job(7)), closed.train(job(8))].map((outcome) =>
      outcome.then(
        () => 'done',
        (error: { code: string }) => error.code,
      ),
    );
    await closed.close();
    expect(await Promise.all(jobs)).toEqual(['interrupted', 'interrupted']);
    await expect(closed.train(job(9))).rejects.toThrow('closed');
  });
});
