import type { Task } from '../records/task.ts';

/** Keeps tasks with their versions. */
export interface TaskStore {
  /** Stores new tasks and replaces known ones (by id). All or nothing. */
  put(tasks: readonly Task[]): Promise<void>;
  get(id: string): Promise<Task | null>;
  /** In the order in which they were first stored. */
  list(filter?: { readonly tenant?: string | undefined }): Promise<readonly Task[]>;
  /** Removes the task with its students, certificates and gold answers; its calls stay. False when it is not stored. */
  remove(id: string): Promise<boolean>;
}
