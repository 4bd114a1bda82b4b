import { RightsizeError } from '../../errors.ts';
import type { JsonObject } from '../../records/call.ts';
import type { SqliteRow } from '../open-database.ts';
import type { StoredStudent, StudentEntry, StudentStore } from '../student-store.ts';
import type { Connection } from './connection.ts';

export class SqliteStudentStore implements StudentStore {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async put({ id, task, version, createdAt, details, bytes }: StoredStudent): Promise<void> {
    this.#connection.transaction(() => {
      const known = this.#connection.prepare('SELECT bytes FROM students WHERE id = ?').get(id);
      if (!known) {
        this.#connection
          .prepare('INSERT INTO students (id, task, version, created_at, details, bytes) VALUES (?, ?, ?, ?, ?, ?)')
          .run(id, task, version, createdAt, JSON.stringify(details), bytes);
      } else if (Buffer.compare(known.bytes as Uint8Array, bytes) !== 0) {
        throw new RightsizeError('student_damaged', `Student \`${id}\` is stored already, with other content.`);
      }
    });
  }

  async get(id: string): Promise<StoredStudent | null> {
    const row = this.#connection
      .prepare('SELECT id, task, version, created_at, details, bytes FROM students WHERE id = ?')
      .get(id);
    return row ? { ...readEntry(row), bytes: row.bytes as Uint8Array } : null;
  }

  async list({ task }: { readonly task?: string | undefined } = {}): Promise<readonly StudentEntry[]> {
    const all = 'SELECT id, task, version, created_at, details FROM students';
    const order = 'ORDER BY created_at DESC, seq DESC';
    const rows =
      task === undefined
        ? this.#connection.prepare(`${all} ${order}`).all()
        : this.#connection.prepare(`${all} WHERE task = ? ${order}`).all(task);
    return rows.map(readEntry);
  }

  async remove(id: string): Promise<boolean> {
    return Number(this.#connection.prepare('DELETE FROM students WHERE id = ?').run(id).changes) > 0;
  }
}

function readEntry(row: SqliteRow): StudentEntry {
  return {
    id: String(row.id),
    task: String(row.task),
    version: String(row.version),
    createdAt: Number(row.created_at),
    details: JSON.parse(String(row.details)) as JsonObject,
  };
}
