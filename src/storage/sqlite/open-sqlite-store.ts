import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type ErrorCode, RightsizeError } from '../../errors.ts';
import { copyDatabase, openDatabase, type SqliteDatabase, usualLockWaitMs } from '../open-database.ts';
import type { Store } from '../store.ts';
import { writeBackup } from './backup-file.ts';
import { type Connection, connect, translateSqliteError } from './connection.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { appliedMigration, migrate, newestMigration } from './migrations.ts';
import { SqliteCallStore } from './sqlite-call-store.ts';
import { SqliteCertificateStore } from './sqlite-certificate-store.ts';
import { SqliteGoldStore } from './sqlite-gold-store.ts';
import { SqliteKeyStore } from './sqlite-key-store.ts';
import { SqliteSpendStore } from './sqlite-spend-store.ts';
import { SqliteStateStore } from './sqlite-state-store.ts';
import { SqliteStudentStore } from './sqlite-student-store.ts';
import { SqliteTaskStore } from './sqlite-task-store.ts';

export const databaseName = 'rightsize.db';

export interface OpenOptions {
  readonly readOnly?: boolean;
  /**
   * How long to wait, once the folder is open, for a foreign process that locks the database; this process stands still
   * meanwhile. A server waits not at all, and tries again later. 5,000 by default.
   */
  readonly lockWaitMs?: number;
}

/** Opens the folder's database, or one in memory with `:memory:`. A folder is made where there is none, unless `readOnly`. */
export async function openSqliteStore(folder: string, options: OpenOptions = {}): Promise<Store> {
  if (folder === ':memory:') return openInMemory();
  if (options.readOnly) return openReadOnly(folder);
  makeFolder(folder);
  const lock = await lockFolder(folder);
  try {
    return openWritable(await openFile(join(folder, databaseName), folder), folder, lock, options.lockWaitMs);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openInMemory(): Promise<Store> {
  const database = await openDatabase(':memory:');
  const copy = async (target: string): Promise<void> => void database.prepare('VACUUM INTO ?').run(target);
  return {
    ...openWritable(database, ':memory:', { release: () => undefined }),
    backup: (file, signal) => writeBackup(copy, file, signal),
  };
}

function openWritable(database: SqliteDatabase, folder: string, lock: FolderLock, lockWaitMs = usualLockWaitMs): Store {
  const connection = connect(database, folder);
  try {
    appliedMigration(connection, folder);
    // Takes hold only before the first table: pages freed by retention can then be given back to the disk.
    connection.exec('PRAGMA auto_vacuum = INCREMENTAL');
    connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON');
    connection.exec('PRAGMA cache_size = -16000; PRAGMA journal_size_limit = 67108864');
    // What is removed is overwritten where that costs no extra writing; freed pages go back to the disk anyway.
    connection.exec('PRAGMA secure_delete = FAST');
    migrate(connection, folder);
    connection.exec(`PRAGMA busy_timeout = ${lockWaitMs}`);
  } catch (error) {
    connection.close();
    throw error;
  }
  return bundle(connection, folder, () => {
    foldLog(connection);
    connection.close();
    lock.release();
  });
}

/** Takes no lock: reads beside the process that writes. An older version's folder is brought up to date first. */
async function openReadOnly(folder: string): Promise<Store> {
  const file = join(folder, databaseName);
  if (!existsSync(file)) {
    throw new RightsizeError('file_not_found', `\`${folder}\` holds no calls yet.`, {
      remedy: 'Run `rightsize import FILE` or `rightsize start` first, or name another folder with `--data DIR`.',
    });
  }
  const database = await openFileReadOnly(file, folder);
  const connection = connect(database, folder);
  try {
    if (appliedMigration(connection, folder) === newestMigration)
      return bundle(connection, folder, () => connection.close());
  } catch (error) {
    connection.close();
    throw error;
  }
  connection.close();
  await (await openSqliteStore(folder)).close();
  return openReadOnly(folder);
}

function bundle(connection: Connection, folder: string, close: () => void): Store {
  let isOpen = true;
  return {
    calls: new SqliteCallStore(connection),
    tasks: new SqliteTaskStore(connection),
    students: new SqliteStudentStore(connection),
    certificates: new SqliteCertificateStore(connection),
    gold: new SqliteGoldStore(connection),
    state: new SqliteStateStore(connection),
    keys: new SqliteKeyStore(connection),
    spending: new SqliteSpendStore(connection),
    erasing: (work) => erasing(connection, folder, work),
    backup: (file, signal) => writeBackup((target) => copyFolder(folder, target, signal), file, signal),
    async close() {
      if (!isOpen) return;
      isOpen = false;
      close();
    },
  };
}

const emptyingAttempts = 50;
const attemptPauseMs = 100;

async function erasing<Result>(connection: Connection, folder: string, work: () => Promise<Result>): Promise<Result> {
  connection.exec('PRAGMA secure_delete = ON');
  try {
    const result = await work();
    while (connection.pragma('freelist_count') > 0) {
      connection.exec('PRAGMA incremental_vacuum(100)');
      await nextTurn();
    }
    await emptyLog(connection, folder);
    return result;
  } finally {
    connection.exec('PRAGMA secure_delete = FAST');
  }
}

/** A reader of an older state holds the log for a moment. */
async function emptyLog(connection: Connection, folder: string): Promise<void> {
  const lockWaitMs = connection.pragma('busy_timeout');
  // SQLite's own waiting would hold up this process.
  connection.exec('PRAGMA busy_timeout = 0');
  try {
    for (let attempt = 0; attempt < emptyingAttempts; attempt++) {
      // The first figure is 1 where somebody still reads.
      if (connection.pragma('wal_checkpoint(TRUNCATE)') === 0) return;
      await pause(attemptPauseMs);
    }
  } finally {
    connection.exec(`PRAGMA busy_timeout = ${lockWaitMs}`);
  }
  throw new RightsizeError(
    'folder_in_use',
    `\`${folder}\` is being read by another process; its log cannot be emptied.`,
    {
      remedy: 'The calls are erased. Run the command again when nobody reads the folder, so that their bytes go too.',
    },
  );
}

/** Puts everything into the one file, so that a folder at rest can be copied by hand. A full disk may forbid it; nothing is lost then. */
function foldLog(connection: Connection): void {
  try {
    connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    return;
  }
}

async function openFile(file: string, folder: string): Promise<SqliteDatabase> {
  try {
    return await openDatabase(file);
  } catch (error) {
    throw translateSqliteError(error, folder);
  }
}

/** On a medium that cannot be written, SQLite reads a WAL database only when told that nobody else writes it. */
async function openFileReadOnly(file: string, folder: string): Promise<SqliteDatabase> {
  try {
    const database = await openDatabase(file, { readOnly: true });
    try {
      database.exec('SELECT count(*) FROM sqlite_master');
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    const translated = translateSqliteError(error, folder);
    const isUnwritable = translated instanceof RightsizeError && translated.code === 'folder_not_writable';
    if (!isUnwritable || existsSync(`${file}-wal`)) throw translated;
    return openDatabase(`${pathToFileURL(resolve(file)).href}?immutable=1`, { readOnly: true });
  }
}

/** A reading transaction of its own sees one state from beginning to end, and holds up nobody who writes. */
async function copyFolder(folder: string, target: string, signal: AbortSignal | undefined): Promise<void> {
  const source = await openFileReadOnly(join(folder, databaseName), folder);
  try {
    source.exec('BEGIN; SELECT count(*) FROM sqlite_master;');
    await copyDatabase(source, target, signal);
  } catch (error) {
    throw translateSqliteError(error, folder);
  } finally {
    // Closing alone may leave the transaction to the garbage collector, and writers wait for it.
    source.exec('ROLLBACK');
    source.close();
  }
}

const folderErrors: Readonly<Record<string, ErrorCode>> = {
  EACCES: 'folder_not_writable',
  EPERM: 'folder_not_writable',
  EROFS: 'folder_not_writable',
  EEXIST: 'folder_not_writable',
  ENOTDIR: 'folder_not_writable',
  ENOENT: 'folder_not_writable',
  ENOSPC: 'disk_full',
};

/**
 * Step by step: Node's own recursive `mkdir` spins for ever where a parent exists and no folder can be made in it
 * (`/proc/x` gives ENOENT).
 */
function makeWithParents(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  makeWithParents(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

function makeFolder(folder: string): void {
  try {
    makeWithParents(resolve(folder));
  } catch (error) {
    const code = folderErrors[String((error as NodeJS.ErrnoException).code)];
    if (!code) throw error;
    throw new RightsizeError(code, `\`${folder}\` cannot be made (${(error as Error).message})`, { cause: error });
  }
}
