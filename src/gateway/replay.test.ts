import { afterAll, describe, expect, it } from 'vitest';
import { inProcessTrainer, keywordCall, keywordRows } from '../../test/keyword-stream.ts';
import { costOfResponse } from '../economics/cost-of-call.ts';
import type { Call } from '../records/call.ts';
import { seededRandom } from '../records/random.ts';
import type { Trainer } from '../train/trainer.ts';
import { WorkerTrainer } from '../train/worker-trainer.ts';
import { type ReplayOptions, replay } from './replay.ts';
import type { Assignment } from './replay-books.ts';

const minute = 60_000;

/** Two applications, one of which is a tenant's own, letters in between, and requests that failed now and then. */
function invented(): Call[] {
  const failed = { status: 429, response: { error: { message: 'slow down' } } };
  const tickets = keywordRows({ count: 380, seed: 1, vague: 0.1 }).map((row, i) =>
    keywordCall(row, i, { id: `ticket ${i}`, gold: row.label, ...(i % 40 === 39 ? failed : {}) }),
  );
  const mails = keywordRows({ count: 380, seed: 2, labels: ['sports', 'travel'] }).map((row, i) => {
    const call = keywordCall(row, i, {
      id: `mail ${i}`,
      tenant: 'other',
      system: 'Is this mail about sports or travel?',
    });
    return { ...call, at: call.at + 7 * minute };
  });
  const letters = keywordRows({ count: 90, seed: 3 }).map(({ text }, i) => {
    const label = `Dear customer, ${text.split(' ').reverse().join(' ')}, yours ${text}`;
    const call = keywordCall({ text, label }, i, { id: `letter ${i}`, system: 'Write a friendly letter about this.' });
    return { ...call, at: call.at + 11 * minute };
  });
  return [...tickets, ...mails, ...letters].sort((a, b) => a.at - b.at);
}

const calls = invented();

async function run(log: readonly Call[], change: Partial<ReplayOptions> = {}) {
  const assignments: Assignment[] = [];
  const { report } = await replay(log, {
    epsilon: 0.1,
    delta: 0.05,
    spotChecks: { share: 0.1, perDay: 1000 },
    seed: 1,
    trainer: inProcessTrainer,
    onAssignment: (assignment) => assignments.push(assignment),
    ...change,
  });
  return { report: { ...report, seconds: 0 }, assignments };
}

/** Takes its time, now long, now short. */
function slowTrainer(seed: number): Trainer {
  const random = seededRandom(seed);
  return {
    ...inProcessTrainer,
    train: async (job) => {
      await new Promise((resolve) => setTimeout(resolve, random() * 30));
      return inProcessTrainer.train(job);
    },
  };
}

const first = await run(calls);

describe('a replay', () => {
  const workers = new WorkerTrainer({ size: 2 });
  afterAll(() => workers.close());

  it('answers for both tasks, and never for letters', () => {
    const [tickets, mails] = ['default', 'other'].map((tenant) =>
      first.report.tasks.find((task) => task.tenant === tenant && task.shape === 'label'),
    );
    for (const task of [tickets, mails]) {
      expect(task?.certificates.length).toBeGreaterThan(0);
      expect(task?.avoidedShare).toBeGreaterThan(0.1);
    }
    const letters = first.assignments.filter(({ id }) => id.startsWith('letter'));
    expect(new Set(letters.map(({ answeredBy }) => answeredBy))).toEqual(new Set(['teacher']));
  });

  it('is the same with trainings of any speed, here or in two threads', async () => {
    for (const trainer of [slowTrainer(1), workers]) {
      const again = await run(calls, { trainer });
      expect(again.assignments).toEqual(first.assignments);
      expect(again.report).toEqual(first.report);
    }
  });

  it('is another with another seed', async () => {
    expect((await run(calls, { seed: 2 })).assignments).not.toEqual(first.assignments);
  });

  it('tells one assignment a call, in the order of the log', () => {
    expect(first.assignments.map(({ id }) => id)).toEqual(calls.map(({ id }) => id));
  });

  it('tells an assignment for each of two calls with one id, also while they wait for a training', async () => {
    const twice = calls.slice(0, 400).flatMap((call) => [call, call]);
    const { assignments } = await run(twice, { trainer: slowTrainer(3) });
    expect(assignments.map(({ id }) => id)).toEqual(twice.map(({ id }) => id));
  });

  it('reports what its assignments say', () => {
    const { report, assignments } = first;
    const byId = new Map(calls.map((call) => [call.id, call]));
    const contentOf = (id: string) =>
      (byId.get(id)?.response.choices as { message: { content: string } }[] | undefined)?.[0]?.message.content ?? null;
    const isDifferent = ({ id, answeredBy, answer }: Assignment) =>
      answeredBy === 'student' && contentOf(id) !== null && answer !== contentOf(id);
    const avoided = assignments.filter(({ answeredBy }) => answeredBy === 'student').length;
    expect([report.calls, report.teacherCalls]).toEqual([calls.length, calls.length - avoided]);
    expect(report.avoidedShare).toBeCloseTo(avoided / calls.length, 12);
    expect(report.agreement?.share).toBeCloseTo(1 - assignments.filter(isDifferent).length / calls.length, 12);
    for (const task of report.tasks) {
      const own = assignments.filter((assignment) => assignment.task === task.id);
      expect(task.calls).toBe(own.length);
      expect(task.teacherCalls).toBe(own.filter(({ answeredBy }) => answeredBy === 'teacher').length);
      expect(task.disagreementShare).toBeCloseTo(own.filter(isDifferent).length / own.length, 12);
      for (const certificate of task.certificates) {
        const served = own.filter((each) => each.certificate === certificate.id && contentOf(each.id) !== null);
        const answered = served.filter(({ answeredBy }) => answeredBy === 'student');
        expect(certificate.served).toEqual({
          calls: served.length,
          answered: answered.length,
          different: served.filter(isDifferent).length,
        });
        for (const { score } of answered) expect(score).toBeGreaterThanOrEqual(certificate.threshold);
      }
    }
    const judged = assignments.filter(
      ({ id, reason }) => byId.get(id)?.gold != null && contentOf(id) !== null && reason !== 'shape-not-learnable',
    );
    const right = judged.filter(({ id, answer }) => answer === byId.get(id)?.gold).length;
    expect(report.accuracy?.goldCalls).toBe(judged.length);
    expect(report.accuracy?.given).toBeCloseTo(right / judged.length, 12);
  });

  it('adds up the bill', () => {
    const { before, after, spent, unknownCalls } = first.report.costUsd;
    const costs = calls.map(({ response, request }) => costOfResponse(response, request.model));
    const of = (paid: readonly (number | null)[]) => paid.reduce<number>((sum, cost) => sum + (cost ?? 0), 0);
    expect(before).toBeCloseTo(of(costs), 12);
    expect(after).toBeCloseTo(of(costs.filter((_, i) => first.assignments[i]?.answeredBy === 'teacher')), 12);
    expect(of(Object.values(spent))).toBeCloseTo(after ?? 0, 12);
    expect(unknownCalls).toBe(costs.filter((cost) => cost === null).length);
  });

  it('counts a failed request in the totals alone, and differs from none', () => {
    const failed = new Set(calls.filter(({ status }) => status === 429).map(({ id }) => id));
    const byTeacher = first.assignments.filter(({ id, answeredBy }) => failed.has(id) && answeredBy === 'teacher');
    expect(byTeacher.length).toBeGreaterThan(0);
    expect(byTeacher.every(({ task, answer }) => task === null && answer === null)).toBe(true);
  });

  it('stops when it is told to, also while it waits for a training', async () => {
    const stop = new AbortController();
    const interrupted: Trainer = {
      close: async () => {},
      train: async () => {
        stop.abort(new Error('enough'));
        throw new Error('the trainer is closed');
      },
    };
    await expect(run(calls, { trainer: interrupted, signal: stop.signal })).rejects.toThrow('enough');
  });

  it('fails with what whoever is told of assignments throws, also for calls that waited', async () => {
    let told = 0;
    const failing = run(calls, {
      trainer: slowTrainer(4),
      onAssignment: () => {
        if (++told > 150) throw new Error('disk full');
      },
    });
    await expect(failing).rejects.toThrow('disk full');
  });

  it('of one call, or of none, is a report too', async () => {
    expect((await run(calls.slice(0, 1))).report).toMatchObject({
      calls: 1,
      teacherCalls: 1,
      avoidedShare: 0,
      tasks: [],
    });
    expect((await run([])).report).toMatchObject({ calls: 0, agreement: null, accuracy: null, tasks: [] });
  });
});
