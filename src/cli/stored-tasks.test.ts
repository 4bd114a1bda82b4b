import { beforeEach, describe, expect, it } from 'vitest';
import { TaskFinder } from '../discover/task-finder.ts';
import { type EngineState, LiveEngine } from '../gateway/live-engine.ts';
import { resolveTask } from '../gateway/resolve-task.ts';
import type { Json } from '../records/call.ts';
import { seededRandom } from '../records/random.ts';
import type { Route } from '../records/route.ts';
import type { Task } from '../records/task.ts';
import { openStore } from '../storage/open-store.ts';
import type { Store } from '../storage/store.ts';
import { keepCalls, sampleCalls } from './__fixtures__/sample-calls.ts';
import { findStoredTasks, forgetTask, frozenCalls, readExamples, renameTask } from './stored-tasks.ts';

const byStudent: Route = {
  callId: '',
  answeredBy: 'student',
  reason: 'confident',
  task: null,
  version: null,
  student: 's',
  studentLabel: 'travel',
  score: 1,
  certificate: null,
};

function openEngine(): LiveEngine {
  return new LiveEngine({
    settings: { epsilon: 0.02, delta: 0.05, spotChecks: { share: 0.05, perDay: 200 }, seed: 1 },
    stage: 'shadow',
    trainer: { train: () => Promise.reject(new Error('no training here')), close: async () => {} },
    randomFor: () => seededRandom(1),
  });
}

let store: Store;
beforeEach(async () => {
  store = await openStore(':memory:');
});

async function onlyTask(): Promise<Task> {
  const tasks = await findStoredTasks(store);
  expect(tasks).toHaveLength(1);
  return tasks[0] as Task;
}

describe('the tasks of a store', () => {
  it('are found among its calls, which then know their task', async () => {
    await keepCalls(store, sampleCalls(200));
    const task = await onlyTask();
    expect(task.shape.kind).toBe('label');
    expect(await store.calls.count({ task: task.id })).toBe(200);
  });

  it('cannot be looked for where nothing is stored', async () => {
    await expect(findStoredTasks(store)).rejects.toMatchObject({ code: 'empty_log' });
  });

  it('are the same task with the same name when more calls come', async () => {
    await keepCalls(store, sampleCalls(200));
    const { id } = await onlyTask();
    await renameTask(store, await onlyTask(), 'tickets');
    const more = sampleCalls(300, 2).map((call) => ({ ...call, id: `later-${call.id}`, at: call.at + 1e9 }));
    await keepCalls(store, more);
    expect(await onlyTask()).toMatchObject({ id, name: 'tickets' });
    expect(await store.calls.count({ task: id })).toBe(500);
  });

  it('stay forgotten', async () => {
    await keepCalls(store, sampleCalls(200));
    expect(await forgetTask(store, await onlyTask())).toBe(200);
    expect(await store.tasks.list()).toEqual([]);
    await expect(findStoredTasks(store)).rejects.toMatchObject({ code: 'empty_log' });
  });

  it('give their calls as rows, oldest first, with what people verified in place of what the log says', async () => {
    const calls = sampleCalls(100).map((call) => ({ ...call, gold: 'travel' }));
    await keepCalls(store, calls);
    const task = await onlyTask();
    await store.gold.put([{ callId: 'call3', task: task.id, answer: 'Health', at: 0 }]);
    const examples = await readExamples(store, task);
    expect(examples.map((row) => row.callId)).toEqual(calls.map((call) => call.id));
    expect(examples[3]).toMatchObject({ gold: 'health', slots: [calls[3]?.request.messages[1]?.content] });
    expect(examples[4]?.gold).toBe('travel');
  });

  it('do not take a student’s answer for the teacher’s', async () => {
    await keepCalls(store, sampleCalls(100));
    const task = await onlyTask();
    const [newest] = await store.calls.list({ task: task.id, limit: 1 });
    if (newest === undefined) throw new Error('no call is stored');
    const route = { ...byStudent, callId: 'answered', task: task.id };
    await store.calls.append([{ ...newest, call: { ...newest.call, id: 'answered' }, route }]);
    expect((await readExamples(store, task)).map((row) => row.callId)).not.toContain('answered');
  });

  it('are renamed and forgotten for a server that starts later, too', async () => {
    await keepCalls(store, sampleCalls(200));
    const task = await onlyTask();
    const engine = openEngine();
    for (const call of sampleCalls(200)) engine.observe(call, engine.decide({ ...call, forceTeacher: true }));
    await store.state.set('engine', engine.toJSON() as unknown as Json);
    await engine.close();
    await renameTask(store, task, 'tickets');
    const named = (await store.state.get('engine')) as unknown as EngineState;
    expect(TaskFinder.from(named.finder).task(task.id)?.name).toBe('tickets');
    await forgetTask(store, task);
    const forgotten = (await store.state.get('engine')) as unknown as EngineState;
    expect([forgotten.finder.tasks, forgotten.runners]).toEqual([[], []]);
  });

  it('know every call that was ever frozen', async () => {
    await keepCalls(store, sampleCalls(100));
    const task = await onlyTask();
    await store.gold.put([{ callId: 'call3', task: task.id, answer: 'health', at: 0 }]);
    await store.gold.freeze(task.id, 1);
    await store.gold.remove('call3');
    expect([...(await frozenCalls(store, task))]).toEqual(['call3']);
  });
});

describe('resolveTask', () => {
  const task = (id: string, tenant: string, name: string): Task => ({
    id,
    name,
    tenant,
    kind: 'task',
    shape: { kind: 'too-few-answers', why: 'a test' },
    versions: [],
  });
  const tasks = [task('task_aaaa1', 'x', 'triage'), task('task_bbbb2', 'y', 'triage'), task('task_cccc3', 'y', 'mood')];

  it('knows a task by name, id, beginning of the id, or tenant and name', () => {
    for (const wanted of ['mood', 'task_cccc3', 'task_cc', 'y/mood'])
      expect(resolveTask(tasks, wanted).id).toBe('task_cccc3');
    expect(resolveTask(tasks, 'x/triage').id).toBe('task_aaaa1');
  });

  it('asks back where a name may mean two', () => {
    expect(() => resolveTask(tasks, 'triage')).toThrow('`triage` may mean `x/triage` or `y/triage`.');
  });

  it('finds nothing that is not there', () => {
    expect(() => resolveTask(tasks, 'gone')).toThrow('There is no task `gone`.');
  });
});
