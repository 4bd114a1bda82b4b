import { type ErrorCode, RightsizeError } from '../../errors.ts';
import type { SqliteDatabase, SqliteRow, SqliteStatement } from '../open-database.ts';

/** A database as the stores use it: statements prepared once, errors that people can act on. */
export interface Connection {
  prepare(sql: string): SqliteStatement;
  exec(sql: string): void;
  /** All or nothing. Not nestable. */
  transaction<Result>(work: () => Result): Result;
  /** What was remembered inside a transaction that did not happen must be forgotten. */
  onRollback(forget: () => void): void;
  /** One number out of a pragma. */
  pragma(name: string): number;
  close(): void;
}

/** `place` is named in errors: the folder or file that people know. */
export function connect(database: SqliteDatabase, place: string): Connection {
  const prepared = new Map<string, SqliteStatement>();
  const forgetters: (() => void)[] = [];
  const guard = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (error) {
      throw translateSqliteError(error, place);
    }
  };

  const prepare = (sql: string): SqliteStatement => {
    const known = prepared.get(sql);
    if (known) return known;
    const statement = guard(() => database.prepare(sql));
    const guarded: SqliteStatement = {
      run: (...values) => guard(() => statement.run(...values)),
      get: (...values) => guard(() => statement.get(...values)),
      all: (...values) => guard(() => statement.all(...values)),
    };
    prepared.set(sql, guarded);
    return guarded;
  };

  const exec = (sql: string): void => guard(() => database.exec(sql));

  return {
    prepare,
    exec,
    transaction(work) {
      exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        exec('COMMIT');
        return result;
      } catch (error) {
        for (const forget of forgetters) forget();
        rollBack(database);
        throw error;
      }
    },
    onRollback: (forget) => void forgetters.push(forget),
    pragma: (name) => numberOf(guard(() => database.prepare(`PRAGMA ${name}`).get())),
    close: () => database.close(),
  };
}

/** SQLite has rolled back by itself already when the disk is full; asking again is an error that says nothing new. */
function rollBack(database: SqliteDatabase): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    return;
  }
}

function numberOf(row: SqliteRow | undefined): number {
  const value = row === undefined ? undefined : Object.values(row)[0];
  return typeof value === 'number' ? value : Number(value ?? 0);
}

/** SQLite's primary result codes that people can do something about; https://sqlite.org/rescode.html. */
const codeOf: Readonly<Record<number, { readonly code: ErrorCode; readonly what: string }>> = {
  5: { code: 'folder_in_use', what: 'is being written by another process' },
  6: { code: 'folder_in_use', what: 'is being written by another process' },
  8: { code: 'folder_not_writable', what: 'cannot be written to' },
  10: { code: 'folder_not_writable', what: 'could not be read or written' },
  11: { code: 'store_damaged', what: 'is damaged' },
  13: { code: 'disk_full', what: 'cannot grow: the disk is full' },
  14: { code: 'folder_not_writable', what: 'cannot be opened' },
  26: { code: 'store_damaged', what: 'is not a store of this program, or is damaged' },
};

/** Turns an error of SQLite into one of ours; others pass unchanged. */
export function translateSqliteError(error: unknown, place: string): unknown {
  if (!(error instanceof Error) || error instanceof RightsizeError) return error;
  const extended = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : 0;
  const known = codeOf[extended & 0xff];
  if (!known) return error;
  return new RightsizeError(known.code, `\`${place}\` ${known.what} (${error.message})`, { cause: error });
}
