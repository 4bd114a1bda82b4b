import type { Json } from '../../records/call.ts';
import type { StateStore } from '../state-store.ts';
import type { Connection } from './connection.ts';

export class SqliteStateStore implements StateStore {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async get(key: string): Promise<Json | undefined> {
    const row = this.#connection.prepare('SELECT value FROM state WHERE key = ?').get(key);
    return row ? (JSON.parse(String(row.value)) as Json) : undefined;
  }

  set(key: string, value: Json): Promise<void> {
    return this.setAll(new Map([[key, value]]));
  }

  async setAll(entries: ReadonlyMap<string, Json>): Promise<void> {
    this.#connection.transaction(() => {
      const upsert = this.#connection.prepare(
        'INSERT INTO state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      );
      for (const [key, value] of entries) upsert.run(key, JSON.stringify(value));
    });
  }

  async remove(key: string): Promise<boolean> {
    return Number(this.#connection.prepare('DELETE FROM state WHERE key = ?').run(key).changes) > 0;
  }

  async keys(prefix = ''): Promise<readonly string[]> {
    // Not LIKE: its wildcards, `_` and `%`, may stand in keys.
    return this.#connection
      .prepare('SELECT key FROM state WHERE substr(key, 1, ?) = ? ORDER BY key')
      .all([...prefix].length, prefix)
      .map((row) => String(row.key));
  }
}
