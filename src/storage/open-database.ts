/**
 * The one way to an SQLite database: the `node:sqlite` API, from the runtime where it has one without a flag
 * (Node 22.13 and later), else from `@photostructure/sqlite`, which offers the same.
 */
export interface SqliteStatement {
  run(...values: readonly SqliteValue[]): {
    readonly changes: number | bigint;
    readonly lastInsertRowid: number | bigint;
  };
  get(...values: readonly SqliteValue[]): SqliteRow | undefined;
  all(...values: readonly SqliteValue[]): readonly SqliteRow[];
}

export type SqliteValue = null | number | bigint | string | Uint8Array;
export type SqliteRow = Readonly<Record<string, SqliteValue>>;

export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

interface BackupOptions {
  /** Pages between two turns of other work. */
  readonly rate: number;
  readonly progress: () => void;
}

interface SqliteModule {
  DatabaseSync: new (
    file: string,
    options?: { readonly readOnly?: boolean; readonly timeout?: number },
  ) => SqliteDatabase;
  backup?: (source: SqliteDatabase, file: string, options: BackupOptions) => Promise<number>;
}

/** How long a command waits for another process' transaction. */
export const usualLockWaitMs = 5_000;

/** Opens a file or `:memory:`. Waits for another process' transaction, and holds up its own process meanwhile. */
export async function openDatabase(
  file: string,
  options: { readonly readOnly?: boolean; readonly lockWaitMs?: number } = {},
): Promise<SqliteDatabase> {
  const { DatabaseSync } = await loadSqlite();
  const database = new DatabaseSync(file, { readOnly: options.readOnly ?? false });
  try {
    database.exec(`PRAGMA busy_timeout = ${options.lockWaitMs ?? usualLockWaitMs}`);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/**
 * Copies a database into a new file, some pages at a time beside other work. Stops when `signal` says so. The connection
 * must be of no other use meanwhile; inside a transaction it copies that transaction's view, whoever writes.
 */
export async function copyDatabase(source: SqliteDatabase, file: string, signal?: AbortSignal): Promise<void> {
  const { backup } = await loadSqlite();
  if (backup) await backup(source, file, { rate: 500, progress: () => signal?.throwIfAborted() });
  // Node 22.13 to 22.15 have no online backup; the copy then blocks this process for a moment.
  else {
    source.exec('ROLLBACK');
    source.prepare('VACUUM INTO ?').run(file);
    source.exec('BEGIN');
  }
}

let loading: Promise<SqliteModule> | undefined;

function loadSqlite(): Promise<SqliteModule> {
  loading ??= importSqlite();
  return loading;
}

async function importSqlite(): Promise<SqliteModule> {
  if (hasBuiltin())
    return withoutExperimentalWarning(() => process.getBuiltinModule('node:sqlite') as unknown as SqliteModule);
  return (await import('@photostructure/sqlite')) as unknown as SqliteModule;
}

function hasBuiltin(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 13);
}

/** `node:sqlite` warns that it is experimental once, when it is loaded. People cannot act on that. */
function withoutExperimentalWarning<Result>(load: () => Result): Result {
  const emitWarning = process.emitWarning;
  process.emitWarning = () => undefined;
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
