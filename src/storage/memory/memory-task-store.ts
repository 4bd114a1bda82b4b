import type { Task } from '../../records/task.ts';
import type { TaskStore } from '../task-store.ts';

export class MemoryTaskStore implements TaskStore {
  readonly #tasks = new Map<string, Task>();
  readonly #onRemove: (task: string) => void;

  /** `onRemove` removes what else is kept of a task. */
  constructor(onRemove: (task: string) => void) {
    this.#onRemove = onRemove;
  }

  async put(tasks: readonly Task[]): Promise<void> {
    for (const task of tasks) this.#tasks.set(task.id, task);
  }

  async get(id: string): Promise<Task | null> {
    return this.#tasks.get(id) ?? null;
  }

  async list({ tenant }: { readonly tenant?: string | undefined } = {}): Promise<readonly Task[]> {
    return [...this.#tasks.values()].filter((task) => tenant === undefined || task.tenant === tenant);
  }

  async remove(id: string): Promise<boolean> {
    this.#onRemove(id);
    return this.#tasks.delete(id);
  }
}
