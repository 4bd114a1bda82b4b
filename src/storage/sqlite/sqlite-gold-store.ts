import type { Gold } from '../../records/call.ts';
import type { GoldAnswer, GoldSet, GoldStore } from '../gold-store.ts';
import type { SqliteRow } from '../open-database.ts';
import type { Connection } from './connection.ts';

export class SqliteGoldStore implements GoldStore {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async put(answers: readonly GoldAnswer[]): Promise<void> {
    this.#connection.transaction(() => {
      const upsert = this.#connection.prepare(
        'INSERT INTO gold_answers (call, task, answer, at) VALUES (?, ?, ?, ?) ON CONFLICT (call) DO UPDATE SET task = excluded.task, answer = excluded.answer, at = excluded.at',
      );
      for (const { callId, task, answer, at } of answers) upsert.run(callId, task, JSON.stringify(answer), at);
    });
  }

  async list(task: string): Promise<readonly GoldAnswer[]> {
    return this.#connection
      .prepare('SELECT call, answer, at FROM gold_answers WHERE task = ? ORDER BY seq')
      .all(task)
      .map((row) => readAnswer(row, task));
  }

  async remove(callId: string): Promise<boolean> {
    return Number(this.#connection.prepare('DELETE FROM gold_answers WHERE call = ?').run(callId).changes) > 0;
  }

  async erase(callIds: readonly string[]): Promise<number> {
    return this.#connection.transaction(() => {
      const today = this.#connection.prepare('DELETE FROM gold_answers WHERE call = ?');
      const frozen = this.#connection.prepare('DELETE FROM gold_set_answers WHERE call = ?');
      let found = 0;
      for (const id of callIds) if (Number(today.run(id).changes) + Number(frozen.run(id).changes) > 0) found++;
      return found;
    });
  }

  async freeze(task: string, frozenAt: number): Promise<GoldSet> {
    const answers = await this.list(task);
    const version = this.#connection.transaction(() => {
      const next = this.#connection
        .prepare('SELECT coalesce(max(version), 0) + 1 AS version FROM gold_sets WHERE task = ?')
        .get(task);
      const { lastInsertRowid } = this.#connection
        .prepare('INSERT INTO gold_sets (task, version, frozen_at) VALUES (?, ?, ?)')
        .run(task, Number(next?.version), frozenAt);
      const insert = this.#connection.prepare(
        'INSERT INTO gold_set_answers (gold_set, place, call, answer, at) VALUES (?, ?, ?, ?, ?)',
      );
      answers.forEach(({ callId, answer, at }, place) => {
        insert.run(lastInsertRowid, place, callId, JSON.stringify(answer), at);
      });
      return Number(next?.version);
    });
    return { task, version, frozenAt, answers };
  }

  async sets(task: string): Promise<readonly GoldSet[]> {
    const answersOf = this.#connection.prepare(
      'SELECT call, answer, at FROM gold_set_answers WHERE gold_set = ? ORDER BY place',
    );
    return this.#connection
      .prepare('SELECT id, version, frozen_at FROM gold_sets WHERE task = ? ORDER BY version')
      .all(task)
      .map((row) => ({
        task,
        version: Number(row.version),
        frozenAt: Number(row.frozen_at),
        answers: answersOf.all(Number(row.id)).map((answer) => readAnswer(answer, task)),
      }));
  }
}

function readAnswer(row: SqliteRow, task: string): GoldAnswer {
  return {
    callId: String(row.call),
    task,
    answer: JSON.parse(String(row.answer)) as Gold,
    at: Number(row.at),
  };
}
