import { type FinderState, TaskFinder } from '../discover/task-finder.ts';
import { RightsizeError } from '../errors.ts';
import type { Engine, ForgottenCalls } from '../gateway/engine.ts';
import type { EngineState } from '../gateway/live-engine.ts';
import type { Call, Json } from '../records/call.ts';
import { isJsonObject } from '../records/call.ts';
import type { FoundReference } from '../storage/call-store.ts';
import type { Store } from '../storage/store.ts';
import type { ErasedRows } from '../storage/student-store.ts';
import { userReference } from '../storage/user-reference.ts';
import { engineKey } from './open-live-engine.ts';

/** What is to be erased: the calls of one user, of one tenant or of all, or a single call. */
export type ErasureRequest =
  | { readonly user: string; readonly tenant?: string | undefined }
  | { readonly call: string };

export interface ErasureReport {
  readonly calls: number;
  /** ISO 8601, of the oldest and the newest of them; null where there are none. */
  readonly from: string | null;
  readonly to: string | null;
  /** The tasks that they belonged to. */
  readonly tasks: readonly { readonly id: string; readonly name: string; readonly calls: number }[];
  /** Calls among them whose answers people had verified. */
  readonly gold: number;
  /** Students that were trained on some of them. They stay, and are marked until another takes their place. */
  readonly students: readonly ErasedRows[];
  /** False where this only says what would be erased. */
  readonly erased: boolean;
}

/** The calls that a request means. Throws `call_not_found` where it names one that is not kept. */
export async function findErasure(store: Store, wanted: ErasureRequest): Promise<readonly FoundReference[]> {
  if ('user' in wanted) return store.calls.ofUser(userReference(wanted.user), { tenant: wanted.tenant });
  const found = await store.calls.get(wanted.call);
  if (found === null) throw new RightsizeError('call_not_found', `There is no call \`${wanted.call}\`.`);
  return [{ id: wanted.call, at: found.call.at, tenant: found.call.tenant, match: found.match }];
}

export async function describeErasure(store: Store, found: readonly FoundReference[]): Promise<ErasureReport> {
  const times = found.map(({ at }) => at).sort((a, b) => a - b);
  const counts = new Map<string, number>();
  for (const { match } of found) if (match !== null) counts.set(match.task, (counts.get(match.task) ?? 0) + 1);
  const tasks = [...counts].map(async ([id, calls]) => ({ id, name: (await store.tasks.get(id))?.name ?? id, calls }));
  return {
    calls: found.length,
    from: times[0] === undefined ? null : new Date(times[0]).toISOString(),
    to: times[0] === undefined ? null : new Date(times.at(-1) as number).toISOString(),
    tasks: await Promise.all(tasks),
    gold: 0,
    students: [],
    erased: false,
  };
}

export interface EraseParts {
  readonly store: Store;
  /** The live loop that holds calls in memory; null where none runs. */
  readonly engine: Pick<Engine, 'forgetCalls'> | null;
  /** Finds the tasks anew, where no live loop has ever run. */
  readonly findTasks?: () => Promise<void>;
}

/**
 * Removes calls and everything that holds their words: verified answers, what tasks were found by, rows that would
 * train, and their bytes in the files. Students stay, with a count of the rows that are gone. Exports and backups are out
 * of reach. Throws what Store.erasing throws.
 */
export async function eraseCalls(parts: EraseParts, found: readonly FoundReference[]): Promise<ErasureReport> {
  const { store } = parts;
  const before = await describeErasure(store, found);
  const ids = found.map(({ id }) => id);
  return store.erasing(async () => {
    await store.calls.erase(ids);
    const gold = await store.gold.erase(ids);
    const students = await store.students.countErased(found);
    const tasks = await whatIsLeft(store, found);
    await forget(parts, { ids: new Set(ids), tasks, callsOf: (task) => teachersCalls(store, task) });
    for (const [task, left] of tasks) if (left === 'all') await removeTask(store, task);
    return { ...before, gold, students, erased: true };
  });
}

/** Of every task that is touched: the versions without any call left; the whole task where it has none, and no student that others taught. */
async function whatIsLeft(store: Store, found: readonly FoundReference[]): Promise<ForgottenCalls['tasks']> {
  const touched = new Map<string, Set<string>>();
  for (const { match } of found) {
    if (match === null) continue;
    const versions = touched.get(match.task) ?? new Set<string>();
    touched.set(match.task, versions.add(match.version));
  }
  const tasks = new Map<string, ReadonlySet<string> | 'all'>();
  for (const [task, versions] of touched) {
    let hasCalls = false;
    for await (const { match } of store.calls.scan({ task })) {
      hasCalls = true;
      versions.delete(match?.version ?? '');
      if (versions.size === 0) break;
    }
    if (hasCalls) tasks.set(task, versions);
    else tasks.set(task, (await hasStudentOfOthers(store, task)) ? new Set() : 'all');
  }
  return tasks;
}

async function hasStudentOfOthers(store: Store, task: string): Promise<boolean> {
  const students = await store.students.list({ task });
  return students.some(({ details, erasedRows = 0 }) => {
    const rows = isJsonObject(details.lineage) ? details.lineage.rows : null;
    return typeof rows !== 'number' || erasedRows < rows;
  });
}

/** The calls of a task that the teacher answered, in time order. */
export async function* teachersCalls(store: Pick<Store, 'calls'>, task: string): AsyncIterable<Call> {
  for await (const { call, route } of store.calls.scan({ task })) if (route?.answeredBy !== 'student') yield call;
}

async function forget({ store, engine, findTasks }: EraseParts, forgotten: ForgottenCalls): Promise<void> {
  if (engine !== null) return engine.forgetCalls?.(forgotten);
  const state = (await store.state.get(engineKey)) as EngineState | undefined;
  if (state === undefined) return findTasks?.();
  const finder = TaskFinder.from(state.finder as FinderState);
  finder.forgetCalls(({ id }) => forgotten.ids.has(id));
  for (const [id, versions] of forgotten.tasks) {
    if (versions === 'all') {
      finder.forget(id);
      continue;
    }
    finder.dropVersions(id, versions);
    await finder.recount(id, forgotten.callsOf(id));
  }
  const runners = state.runners.flatMap((runner) => runnerWithout(runner, forgotten.tasks.get(runner.task)));
  await store.state.set(engineKey, { ...state, finder: finder.toJSON(), runners } as unknown as Json);
  await store.tasks.put(finder.tasks());
}

function runnerWithout(
  runner: EngineState['runners'][number],
  gone: ReadonlySet<string> | 'all' | undefined,
): EngineState['runners'] {
  if (gone === undefined) return [runner];
  if (gone === 'all') return [];
  const tracks = runner.tracks.filter(({ version }) => !gone.has(version));
  const isNewestGone = runner.newestVersion !== null && gone.has(runner.newestVersion);
  return [
    {
      ...runner,
      newestVersion: isNewestGone ? (tracks.at(-1)?.version ?? null) : runner.newestVersion,
      // A label that is seen again is news again.
      tracks: tracks.map((track) => ({ ...track, newLabels: [] })),
    },
  ];
}

async function removeTask(store: Store, task: string): Promise<void> {
  await store.tasks.remove(task);
  for (const key of await store.state.keys()) if (key.includes(task)) await store.state.remove(key);
}
