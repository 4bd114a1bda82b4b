import { existsSync, renameSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RightsizeError } from '../../errors.ts';
import { openDatabase } from '../open-database.ts';
import { readBackup } from './backup-file.ts';
import { type Connection, connect } from './connection.ts';
import { lockFolder } from './folder-lock.ts';
import { applicationId, appliedMigration, migrate } from './migrations.ts';
import { databaseName } from './open-sqlite-store.ts';

/**
 * Puts a backup in the place of a folder's database. What is there is replaced in one step, after the backup was read,
 * verified and brought up to date beside it; until then, and after any failure, it is untouched.
 * Throws `folder_in_use`, `store_damaged`, `store_too_new`, `file_not_found`.
 */
export async function restoreFolder(
  file: string,
  folder: string,
  signal?: AbortSignal,
): Promise<{ readonly calls: number }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(folder);
  const incoming = join(folder, 'restoring.db');
  // Also what a killed restore left behind: its journal would be read into this one's database.
  const clear = (): void => {
    for (const end of ['', '-journal', '-wal', '-shm']) rmSync(`${incoming}${end}`, { force: true });
  };
  try {
    clear();
    await readBackup(file, incoming);
    const calls = await verify(incoming, file);
    signal?.throwIfAborted();
    const current = join(folder, databaseName);
    if (existsSync(current)) await foldJournal(current, folder);
    renameSync(incoming, current);
    return { calls };
  } finally {
    clear();
    lock.release();
  }
}

/** Reads all of it once, and brings its tables up to date. */
async function verify(incoming: string, file: string): Promise<number> {
  const connection = connect(await openDatabase(incoming), file);
  try {
    const faults = connection.prepare('PRAGMA quick_check(1)').get();
    const isOurs = connection.pragma('application_id') === applicationId && appliedMigration(connection, file) > 0;
    if (!isOurs || faults?.quick_check !== 'ok') {
      throw new RightsizeError('store_damaged', `\`${file}\` is no whole backup of this program.`, {
        remedy: 'Use another backup; nothing was changed.',
      });
    }
    migrate(connection, file);
    return Number(connection.prepare('SELECT count(*) AS calls FROM calls').get()?.calls ?? 0);
  } finally {
    connection.close();
  }
}

/**
 * The write-ahead log belongs to the database that goes: left behind, it would be read into the one that comes. Leaving
 * WAL mode empties and removes it, and fails while anybody else still reads.
 */
async function foldJournal(file: string, folder: string): Promise<void> {
  let connection: Connection | null = null;
  try {
    connection = connect(await openDatabase(file), folder);
    connection.exec('PRAGMA journal_mode = DELETE');
  } catch (error) {
    // A damaged database is what backups are for.
    if (!(error instanceof RightsizeError) || error.code !== 'store_damaged') throw error;
  } finally {
    connection?.close();
  }
  for (const end of ['-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
}
