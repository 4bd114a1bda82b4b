import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RightsizeError } from '../../errors.ts';
import { openDatabase, type SqliteDatabase } from '../open-database.ts';
import { translateSqliteError } from './connection.ts';

export interface FolderLock {
  release(): void;
}

/**
 * At most one process writes a data folder. The lock is an open transaction on a small database beside the data:
 * the system gives it back when its holder dies, however that happens, so there are no stale locks to guess about.
 * Throws `folder_in_use`, naming the process that holds it.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const file = join(folder, 'lock.db');
  const holder = join(folder, 'lock.json');
  const database = await openLock(file, folder);
  try {
    // The journal of a file that is never written needs no place on the disk.
    database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw lockError(error, folder, holder);
  }
  writeHolder(holder);
  return {
    release() {
      rmSync(holder, { force: true });
      database.close();
    },
  };
}

async function openLock(file: string, folder: string): Promise<SqliteDatabase> {
  try {
    return await openDatabase(file);
  } catch (error) {
    throw translateSqliteError(error, folder);
  }
}

function lockError(error: unknown, folder: string, holder: string): unknown {
  const translated = translateSqliteError(error, folder);
  if (!(translated instanceof RightsizeError) || translated.code !== 'folder_in_use') return translated;
  const pid = readPid(holder);
  const who = pid === null ? 'another process' : `process ${pid}`;
  return new RightsizeError('folder_in_use', `\`${folder}\` is in use by ${who}.`, { cause: error });
}

/** Who holds the lock is for people only; the lock holds without it, on a full disk for instance. */
function writeHolder(file: string): void {
  try {
    writeFileSync(file, `${JSON.stringify({ pid: process.pid, since: new Date().toISOString() })}\n`);
  } catch {
    return;
  }
}

function readPid(file: string): number | null {
  try {
    const { pid } = JSON.parse(readFileSync(file, 'utf8')) as { pid?: unknown };
    return typeof pid === 'number' ? pid : null;
  } catch {
    return null;
  }
}
