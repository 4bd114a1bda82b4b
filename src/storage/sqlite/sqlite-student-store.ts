import { RightsizeError } from '../../errors.ts';
import type { JsonObject } from '../../records/call.ts';
import type { FoundReference } from '../call-store.ts';
import type { SqliteRow } from '../open-database.ts';
import { countErasedRows, packRowHashes } from '../row-hashes.ts';
import type { ErasedRows, StoredStudent, StudentEntry, StudentStore } from '../student-store.ts';
import type { Connection } from './connection.ts';

export class SqliteStudentStore implements StudentStore {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async put({ id, task, version, createdAt, details, bytes, trainedOn }: StoredStudent): Promise<void> {
    this.#connection.transaction(() => {
      const known = this.#connection.prepare('SELECT bytes FROM students WHERE id = ?').get(id);
      if (!known) {
        this.#connection
          .prepare(
            'INSERT INTO students (id, task, version, created_at, details, bytes, row_hashes) VALUES (?, ?, ?, ?, ?, ?, ?)',
          )
          .run(
            id,
            task,
            version,
            createdAt,
            JSON.stringify(details),
            bytes,
            trainedOn ? packRowHashes(trainedOn) : null,
          );
      } else if (Buffer.compare(known.bytes as Uint8Array, bytes) !== 0) {
        throw new RightsizeError('student_damaged', `Student \`${id}\` is stored already, with other content.`);
      }
    });
  }

  async get(id: string): Promise<StoredStudent | null> {
    const row = this.#connection
      .prepare('SELECT id, task, version, created_at, details, erased_rows, bytes FROM students WHERE id = ?')
      .get(id);
    return row ? { ...readEntry(row), bytes: row.bytes as Uint8Array } : null;
  }

  async list({ task }: { readonly task?: string | undefined } = {}): Promise<readonly StudentEntry[]> {
    return this.#entries(task);
  }

  #entries(task?: string): readonly StudentEntry[] {
    const all = 'SELECT id, task, version, created_at, details, erased_rows FROM students';
    const order = 'ORDER BY created_at DESC, seq DESC';
    const rows =
      task === undefined
        ? this.#connection.prepare(`${all} ${order}`).all()
        : this.#connection.prepare(`${all} WHERE task = ? ${order}`).all(task);
    return rows.map(readEntry);
  }

  async countErased(calls: readonly FoundReference[]): Promise<readonly ErasedRows[]> {
    return this.#connection.transaction(() => {
      const touched: ErasedRows[] = [];
      const hashesOf = this.#connection.prepare('SELECT row_hashes FROM students WHERE id = ?');
      const add = this.#connection.prepare('UPDATE students SET erased_rows = erased_rows + ? WHERE id = ?');
      for (const entry of this.#entries()) {
        const hashes = (hashesOf.get(entry.id)?.row_hashes ?? null) as Uint8Array | null;
        const rows = countErasedRows(entry, hashes, calls);
        if (rows === 0) continue;
        add.run(rows, entry.id);
        touched.push({ student: entry.id, task: entry.task, rows });
      }
      return touched;
    });
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
    ...(Number(row.erased_rows) > 0 ? { erasedRows: Number(row.erased_rows) } : {}),
  };
}
