import type { TrainedCall } from '../curate/lineage.ts';
import { toExample } from '../curate/to-example.ts';
import { findTasks } from '../discover/find-tasks.ts';
import { compileTemplate } from '../discover/match-template.ts';
import { readPrompt } from '../discover/read-prompt.ts';
import { RightsizeError } from '../errors.ts';
import type { EngineState } from '../gateway/live-engine.ts';
import type { Call, Gold, Json } from '../records/call.ts';
import type { Example } from '../records/example.ts';
import { isLearnable, type LearnableShape } from '../records/output-shape.ts';
import type { Task } from '../records/task.ts';
import { engineKey } from '../server/open-live-engine.ts';
import type { TaskReference } from '../storage/call-store.ts';
import type { Store } from '../storage/store.ts';
import type { Progress } from './progress.ts';

/** Calls without a task when tasks were last looked for: they were looked at, and belong nowhere. */
const leftOverKey = 'tasks/left-over';
const namesKey = 'tasks/names';
const batch = 2000;

/**
 * The tasks of a store. They are looked for again where calls without a task came since the last time, unless the store
 * may only be read; names that people gave stay.
 * @throws RightsizeError `empty_log` where no calls are stored.
 */
export async function findStoredTasks(
  store: Store,
  {
    progress,
    signal,
    isReadOnly = false,
  }: { readonly progress?: Progress; readonly signal?: AbortSignal; readonly isReadOnly?: boolean } = {},
): Promise<readonly Task[]> {
  const calls = await store.calls.count();
  if (calls === 0) {
    throw new RightsizeError('empty_log', 'No calls are stored yet.', {
      remedy: 'Import a log with `rightsize import FILE`, or record calls with `rightsize start`.',
    });
  }
  if (isReadOnly || !(await hasNewCalls(store))) return namedTasks(store);
  let done = 0;
  let matches = new Map<string, TaskReference | null>();
  const tell = () => {
    signal?.throwIfAborted();
    progress?.update(++done, 2 * calls);
  };
  const { tasks } = await findTasks(() => storedCalls(store, tell), {
    async each(call, match) {
      matches.set(call.id, match && { task: match.task, version: match.version });
      if (matches.size < batch) return;
      await store.calls.assign(matches);
      matches = new Map();
    },
  });
  await store.calls.assign(matches);
  await store.tasks.put(tasks);
  await store.state.set(leftOverKey, await store.calls.count({ task: null }));
  return namedTasks(store);
}

/** Finds the tasks anew after calls were erased: what was found tells of them. */
export async function findTasksAnew(store: Store): Promise<void> {
  if ((await store.calls.count()) === 0) return;
  await store.state.remove(leftOverKey);
  await findStoredTasks(store);
}

async function hasNewCalls(store: Store): Promise<boolean> {
  const leftOver = await store.state.get(leftOverKey);
  const now = await store.calls.count({ task: null });
  if (typeof leftOver === 'number' && now < leftOver) await store.state.set(leftOverKey, now);
  return typeof leftOver !== 'number' || now > leftOver;
}

/** The live loop stores tasks under the names it found. */
async function namedTasks(store: Store): Promise<readonly Task[]> {
  const names = await givenNames(store);
  return (await store.tasks.list()).map((task) => ({ ...task, name: names[task.id] ?? task.name }));
}

async function* storedCalls(store: Store, tell: () => void): AsyncGenerator<Call> {
  for await (const { call } of store.calls.scan()) {
    tell();
    yield call;
  }
}

/** Gives a task another name, which stays when tasks are looked for again. */
export async function renameTask(store: Store, task: Task, name: string): Promise<void> {
  const clash = (await namedTasks(store)).some(
    (other) => other.tenant === task.tenant && other.name === name && other.id !== task.id,
  );
  if (clash || name.trim() === '') {
    throw new RightsizeError(
      'invalid_setting',
      `A task cannot be called \`${name}\`: ${clash ? 'another one is' : 'it is empty'}.`,
      {
        remedy: 'Choose another name.',
      },
    );
  }
  await store.state.set(namesKey, { ...(await givenNames(store)), [task.id]: name });
  await store.tasks.put([{ ...task, name }]);
  await changeLiveLoop(store, ({ finder, ...rest }) => ({
    ...rest,
    finder: { ...finder, tasks: finder.tasks.map((known) => (known.id === task.id ? { ...known, name } : known)) },
  }));
}

/** What a server that starts later goes on with. */
async function changeLiveLoop(store: Store, change: (state: EngineState) => EngineState): Promise<void> {
  const state = (await store.state.get(engineKey)) as EngineState | undefined;
  if (state !== undefined) await store.state.set(engineKey, change(state) as unknown as Json);
}

/** Removes a task with its calls, students and certificates. Returns how many calls went. */
export async function forgetTask(store: Store, task: Task): Promise<number> {
  const { calls } = await store.calls.forgetTask(task.id);
  await store.tasks.remove(task.id);
  await changeLiveLoop(store, ({ finder, runners, ...rest }) => ({
    ...rest,
    finder: { ...finder, tasks: finder.tasks.filter((known) => known.id !== task.id) },
    runners: runners.filter((runner) => runner.task !== task.id),
  }));
  return calls;
}

async function givenNames(store: Store): Promise<Readonly<Record<string, string>>> {
  const stored = await store.state.get(namesKey);
  return typeof stored === 'object' && stored !== null && !Array.isArray(stored)
    ? (stored as Record<string, string>)
    : {};
}

/** The shape of a task that can be learned. @throws RightsizeError `shape_not_learnable` for any other. */
export function learnableShapeOf(task: Task): LearnableShape {
  if (isLearnable(task.shape)) return task.shape;
  throw new RightsizeError(
    'shape_not_learnable',
    `No student can learn the answers of \`${task.name}\`: ${task.shape.why}.`,
  );
}

/** The calls of a task's newest version that the teacher answered, as rows, oldest first, with the answers that people verified. */
export async function readExamples(store: Store, task: Task, signal?: AbortSignal): Promise<readonly Example[]> {
  const shape = learnableShapeOf(task);
  const version = task.versions.at(-1);
  if (version === undefined) return [];
  const matcher = compileTemplate(version.template);
  const gold = new Map<string, Gold>((await store.gold.list(task.id)).map(({ callId, answer }) => [callId, answer]));
  const examples: Example[] = [];
  for await (const { call, match, route } of store.calls.scan({ task: task.id })) {
    signal?.throwIfAborted();
    if (match?.version !== version.id || route?.answeredBy === 'student') continue;
    const slots = matcher.split(readPrompt(call).texts);
    if (slots === null) continue;
    const example = toExample(call, { ...match, slots }, shape, gold.get(call.id) ?? call.gold);
    if (example !== null) examples.push(example);
  }
  return examples;
}

/** Ids of the calls in any frozen gold set of a task. */
export async function frozenCalls(store: Store, task: Task): Promise<ReadonlySet<string>> {
  const sets = await store.gold.sets(task.id);
  return new Set(sets.flatMap((set) => set.answers.map((answer) => answer.callId)));
}

/** Who answered the calls with these ids, and when. */
export async function trainedCalls(
  store: Store,
  task: Task,
  ids: ReadonlySet<string>,
): Promise<readonly TrainedCall[]> {
  const trained: TrainedCall[] = [];
  for await (const { call, match, route } of store.calls.scan({ task: task.id })) {
    if (!ids.has(call.id)) continue;
    const { id, at, request } = call;
    trained.push({ id, at, model: request.model, version: match?.version ?? '', isThroughGateway: route !== null });
  }
  return trained;
}
