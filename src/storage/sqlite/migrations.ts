import { RightsizeError } from '../../errors.ts';
import type { Connection } from './connection.ts';

/** "RtSz": lets `file` and `restore` tell our databases from others. */
export const applicationId = 0x5274537a;

/**
 * Every change of the tables, oldest first, each applied once to a folder; its number is its place, from 1.
 * A released one never changes again: yesterday's folder is read by what is appended here.
 */
const migrations: readonly { readonly name: string; readonly apply: (connection: Connection) => void }[] = [
  { name: 'calls, tasks, students, certificates, state', apply: createTables },
  { name: 'gold answers and their frozen sets', apply: createGoldTables },
  { name: 'gateway keys and what was used with them', apply: createKeyTables },
  { name: 'users of calls, and the rows behind students', apply: addUsersAndRows },
];

export const newestMigration = migrations.length;

/** How many migrations the folder has seen; 0 for a new one. Throws `store_too_new` when a newer version wrote it. */
export function appliedMigration(connection: Connection, place: string): number {
  const known = connection.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'").get();
  const applied = known
    ? Number(connection.prepare('SELECT max(number) AS number FROM migrations').get()?.number ?? 0)
    : 0;
  if (applied > newestMigration) {
    throw new RightsizeError(
      'store_too_new',
      `\`${place}\` has the tables of version ${applied}; this version knows up to ${newestMigration}`,
    );
  }
  return applied;
}

/** Brings the tables up to `upTo`. Each migration is a transaction: a crash leaves the last complete one. */
export function migrate(connection: Connection, place: string, upTo = newestMigration): void {
  const applied = appliedMigration(connection, place);
  migrations.slice(applied, upTo).forEach((migration, index) => {
    connection.transaction(() => {
      migration.apply(connection);
      connection
        .prepare('INSERT INTO migrations (number, name, applied_at) VALUES (?, ?, ?)')
        .run(applied + index + 1, migration.name, Date.now());
    });
  });
}

function createTables(connection: Connection): void {
  connection.exec(`
    PRAGMA application_id = ${applicationId};
    CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL);

    -- Tenants, tasks and versions repeat in every call: there they are a number.
    CREATE TABLE names (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);

    -- What the bodies of one group of calls share. \`calls\` counts who needs it to be read again.
    CREATE TABLE dictionaries (
      id INTEGER PRIMARY KEY,
      grouping TEXT NOT NULL,
      text BLOB NOT NULL,
      calls INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX dictionaries_by_grouping ON dictionaries (grouping);

    -- \`seq\` is the order of storing. \`body\` is raw deflate of JSON, with the dictionary named beside it.
    CREATE TABLE calls (
      seq INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      at INTEGER NOT NULL,
      tenant INTEGER NOT NULL REFERENCES names (id),
      status INTEGER NOT NULL,
      latency_ms INTEGER,
      task INTEGER REFERENCES names (id),
      version INTEGER REFERENCES names (id),
      dictionary INTEGER,
      body BLOB NOT NULL
    );
    CREATE INDEX calls_by_time ON calls (at);
    CREATE INDEX calls_by_task ON calls (task, at);
    CREATE INDEX calls_by_tenant ON calls (tenant, at);

    CREATE TABLE tasks (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL, record TEXT NOT NULL);
    CREATE TABLE students (
      seq INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      task TEXT NOT NULL,
      version TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      details TEXT NOT NULL,
      bytes BLOB NOT NULL
    );
    CREATE INDEX students_by_task ON students (task);
    CREATE TABLE certificates (
      seq INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      task TEXT NOT NULL,
      student TEXT NOT NULL,
      at INTEGER NOT NULL,
      record TEXT NOT NULL
    );
    CREATE INDEX certificates_by_task ON certificates (task, at);
    CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  `);
}

function createGoldTables(connection: Connection): void {
  connection.exec(`
    CREATE TABLE gold_answers (
      seq INTEGER PRIMARY KEY,
      call TEXT NOT NULL UNIQUE,
      task TEXT NOT NULL,
      answer TEXT NOT NULL,
      at INTEGER NOT NULL
    );
    CREATE INDEX gold_answers_by_task ON gold_answers (task);
    CREATE TABLE gold_sets (
      id INTEGER PRIMARY KEY,
      task TEXT NOT NULL,
      version INTEGER NOT NULL,
      frozen_at INTEGER NOT NULL,
      UNIQUE (task, version)
    );
    CREATE TABLE gold_set_answers (
      gold_set INTEGER NOT NULL REFERENCES gold_sets (id) ON DELETE CASCADE,
      place INTEGER NOT NULL,
      call TEXT NOT NULL,
      answer TEXT NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (gold_set, place)
    ) WITHOUT ROWID;
  `);
}

function createKeyTables(connection: Connection): void {
  connection.exec(`
    CREATE TABLE gateway_keys (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, record TEXT NOT NULL);

    -- \`subject\` is a key or a tenant, \`period\` a day or a month.
    CREATE TABLE spending (
      subject TEXT NOT NULL,
      period TEXT NOT NULL,
      requests INTEGER NOT NULL,
      tokens REAL NOT NULL,
      usd REAL NOT NULL,
      unknown INTEGER NOT NULL,
      PRIMARY KEY (subject, period)
    ) WITHOUT ROWID;
  `);
}

/** `user` is a reference; '' where the call names none, and null in calls of before, whose bodies must be read for it. */
function addUsersAndRows(connection: Connection): void {
  connection.exec(`
    ALTER TABLE calls ADD COLUMN user TEXT;
    CREATE INDEX calls_by_user ON calls (user) WHERE user IS NULL OR user <> '';

    -- Hashes of the ids of the calls that trained a student (null where nobody wrote them down), and how many of these
    -- calls have been erased since.
    ALTER TABLE students ADD COLUMN row_hashes BLOB;
    ALTER TABLE students ADD COLUMN erased_rows INTEGER NOT NULL DEFAULT 0;
  `);
}
