import type { Call } from '../records/call.ts';
import type { Task, TaskMatch } from '../records/task.ts';
import { TaskFinder } from './task-finder.ts';

/** A log that can be read again from its start. */
export type CallSource = () => AsyncIterable<Call> | Iterable<Call>;

export interface FoundTasks {
  readonly tasks: readonly Task[];
  /** By call id; calls that belong nowhere are absent. Empty where the option `each` was given. */
  readonly assignments: ReadonlyMap<string, TaskMatch>;
  /** Knows the log; goes on with further calls. */
  readonly finder: TaskFinder;
}

export interface FindTasksOptions {
  /** Gets every call with its place in the second pass, instead of a table that holds them all. */
  readonly each?: (call: Call, match: TaskMatch | null) => void | Promise<void>;
}

/** Finds the tasks of a whole log: once through to find them, once more to place every call. Time is linear, memory is not the log's. */
export async function findTasks(calls: CallSource, options: FindTasksOptions = {}): Promise<FoundTasks> {
  const finder = new TaskFinder();
  for await (const call of calls()) {
    finder.observe(call);
    if (finder.isMiningDue) finder.mine();
  }
  finder.mine();
  finder.unite();
  const assignments = new Map<string, TaskMatch>();
  for await (const call of calls()) {
    const match = finder.match(call);
    if (options.each !== undefined) await options.each(call, match);
    else if (match !== null) assignments.set(call.id, match);
  }
  return { tasks: finder.tasks(), assignments, finder };
}
