import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepCalls, sampleCalls } from '../cli/__fixtures__/sample-calls.ts';
import { findStoredTasks, readExamples } from '../cli/stored-tasks.ts';
import { trainTask } from '../cli/train-task.ts';
import { trainStudent } from '../learn/train-student.ts';
import { readAnswer } from '../records/answer.ts';
import { labelOf } from '../records/output-shape.ts';
import { openStore } from '../storage/open-store.ts';
import { type OpenedStudent, openStudent } from './open-student.ts';

const calls = sampleCalls(900);
const newest = calls.at(-1) as (typeof calls)[number];
let folder: string;
let student: OpenedStudent;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'student-'));
  const store = await openStore(folder);
  await keepCalls(store, calls);
  const [task] = await findStoredTasks(store);
  if (task === undefined) throw new Error('no task was found');
  const trainer = {
    train: async ({ rows, seed }) => trainStudent(rows, { seed, head: 'linear' }),
    close: async () => {},
  } satisfies Parameters<typeof trainTask>[0]['trainer'];
  const examples = await readExamples(store, task);
  await trainTask({
    store,
    task,
    examples,
    frozenGold: new Set(),
    trainer,
    head: 'linear',
    epsilon: 0.05,
    delta: 0.05,
    seed: 1,
    now: 5,
  });
  await store.close();
  student = await openStudent({ data: folder, task: task.name });
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('openStudent', () => {
  it('answers as the teacher writes it, or abstains with its score', () => {
    const { shape } = student.task;
    const replies = calls.slice(-100).map((call) => ({ call, reply: student.answer(call.request) }));
    const answered = replies.flatMap(({ call, reply }) => (reply.kind === 'answer' ? [{ call, reply }] : []));
    expect(answered.length).toBeGreaterThan(0);
    for (const { reply } of answered) {
      expect(reply.score).toBeGreaterThanOrEqual(student.certificate?.threshold ?? 1);
      const form = shape.kind === 'label' ? shape.form : { kind: 'plain' as const };
      expect(labelOf(form, { kind: 'text', text: String(reply.answer) })).toBe(reply.label);
    }
    const same = answered.filter(({ call, reply }) => {
      const teacher = readAnswer(call.response);
      return teacher.kind === 'text' && teacher.text === reply.answer;
    });
    expect(same.length / answered.length).toBeGreaterThan(0.9);
  });

  it('abstains from everything it was not certified for, and says why', () => {
    const { request } = newest;
    const reason = (change: object) => {
      const reply = student.answer({ ...request, ...change });
      return reply.kind === 'abstention' ? reply.reason : reply.kind;
    };
    expect(reason({ n: 2 })).toBe('unsupported-n');
    expect(reason({ model: 'another' })).toBe('teacher-changed');
    expect(reason({ messages: [{ role: 'user', content: 'Something else altogether.' }] })).toBe('prompt-changed');
  });

  it('says which task has no student, and which folder no data', async () => {
    await expect(openStudent({ data: folder, task: 'none' })).rejects.toMatchObject({ code: 'task_not_found' });
    await expect(openStudent({ data: join(folder, 'none'), task: 'x' })).rejects.toMatchObject({
      code: 'file_not_found',
    });
  });
});
