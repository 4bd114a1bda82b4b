import type { JsonObject } from '../records/call.ts';
import { openDatabase, type SqliteDatabase } from '../storage/open-database.ts';

/** What must be remembered from line to line of a log: on the disk, so that memory does not grow with the file. */
export interface LogScratch {
  /** How often this text came so far, this time included. */
  occurrence(text: string): number;
  /** The half that waits under the key, and forgets it; null and this half waits, where there is none. */
  join(half: Half): Half | null;
  /** Halves that found no other, in the order in which they came. */
  leftOver(): Iterable<Half>;
  /** Occurrences count within one file. */
  startFile(): void;
  close(): void;
}

export interface Half {
  readonly side: 'request' | 'response';
  readonly key: string;
  readonly record: JsonObject;
  readonly file: string;
  readonly line: number;
}

/** A database without a name: SQLite keeps it in a temporary file once it outgrows its cache, and removes it on closing. */
export async function openLogScratch(): Promise<LogScratch> {
  const database = await openDatabase('');
  database.exec(`
    PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; PRAGMA cache_size = -8000;
    CREATE TABLE occurrences (text TEXT PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE halves (place INTEGER PRIMARY KEY, side TEXT, key TEXT, record TEXT, file TEXT, line INTEGER);
    CREATE INDEX halves_by_key ON halves (key, side);
    BEGIN;
  `);
  return scratchOn(database);
}

function scratchOn(database: SqliteDatabase): LogScratch {
  const count = database.prepare(
    'INSERT INTO occurrences VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times',
  );
  const find = database.prepare('SELECT * FROM halves WHERE key = ? AND side = ? ORDER BY place LIMIT 1');
  const drop = database.prepare('DELETE FROM halves WHERE place = ?');
  const keep = database.prepare('INSERT INTO halves (side, key, record, file, line) VALUES (?, ?, ?, ?, ?)');
  const next = database.prepare('SELECT * FROM halves WHERE place > ? ORDER BY place LIMIT 1');
  return {
    occurrence: (text) => Number(count.get(text)?.times),
    join(half) {
      const other = find.get(half.key, half.side === 'request' ? 'response' : 'request');
      if (!other) {
        keep.run(half.side, half.key, JSON.stringify(half.record), half.file, half.line);
        return null;
      }
      drop.run(other.place ?? null);
      return readHalf(other);
    },
    *leftOver() {
      for (let row = next.get(0); row; row = next.get(row.place ?? null)) yield readHalf(row);
    },
    startFile: () => database.exec('DELETE FROM occurrences'),
    close: () => database.close(),
  };
}

function readHalf(row: Readonly<Record<string, unknown>>): Half {
  return {
    side: row.side === 'request' ? 'request' : 'response',
    key: String(row.key),
    record: JSON.parse(String(row.record)) as JsonObject,
    file: String(row.file),
    line: Number(row.line),
  };
}
