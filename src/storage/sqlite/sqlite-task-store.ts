import type { Task } from '../../records/task.ts';
import type { SqliteRow } from '../open-database.ts';
import type { TaskStore } from '../task-store.ts';
import type { Connection } from './connection.ts';

export class SqliteTaskStore implements TaskStore {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async put(tasks: readonly Task[]): Promise<void> {
    this.#connection.transaction(() => {
      const upsert = this.#connection.prepare(
        'INSERT INTO tasks (id, tenant, record) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET tenant = excluded.tenant, record = excluded.record',
      );
      for (const task of tasks) upsert.run(task.id, task.tenant, JSON.stringify(task));
    });
  }

  async get(id: string): Promise<Task | null> {
    const row = this.#connection.prepare('SELECT record FROM tasks WHERE id = ?').get(id);
    return row ? readTask(row) : null;
  }

  async list({ tenant }: { readonly tenant?: string | undefined } = {}): Promise<readonly Task[]> {
    const all = 'SELECT record FROM tasks';
    const rows =
      tenant === undefined
        ? this.#connection.prepare(`${all} ORDER BY seq`).all()
        : this.#connection.prepare(`${all} WHERE tenant = ? ORDER BY seq`).all(tenant);
    return rows.map(readTask);
  }

  async remove(id: string): Promise<boolean> {
    return this.#connection.transaction(() => {
      for (const table of ['students', 'certificates', 'gold_answers', 'gold_sets']) {
        this.#connection.prepare(`DELETE FROM ${table} WHERE task = ?`).run(id);
      }
      return Number(this.#connection.prepare('DELETE FROM tasks WHERE id = ?').run(id).changes) > 0;
    });
  }
}

function readTask(row: SqliteRow): Task {
  return JSON.parse(String(row.record)) as Task;
}
