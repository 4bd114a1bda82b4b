import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { appendFile, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { RightsizeError } from '../../errors.ts';
import { openDatabase } from '../open-database.ts';

/**
 * A backup is the database file followed by one line of a hundred bytes that carries its SHA-256. SQLite ignores what
 * stands behind its last page, so a backup also opens as a database.
 */
const mark = 'rightsize-backup-1 sha256=';
const trailerLength = 100;

/** Writes what `copy` puts into a new database file. `file` appears only when it is complete and on the disk. */
export async function writeBackup(
  copy: (target: string) => Promise<void>,
  file: string,
  signal?: AbortSignal,
): Promise<void> {
  const partial = `${file}.partial-${process.pid}`;
  try {
    // Whether the file can be made at all is told in its own name, before anything is copied.
    await writeFile(partial, '');
    await copy(partial);
    await makeSingleFile(partial);
    await appendFile(partial, trailerFor(await hashOf(partial)));
    await flushToDisk(partial);
    signal?.throwIfAborted();
    await rename(partial, file);
  } finally {
    for (const end of ['', '-journal', '-wal', '-shm']) await rm(`${partial}${end}`, { force: true });
  }
}

/** Copies the database out of a backup. Throws `store_damaged` when the backup was cut or altered; then `target` is not left behind. */
export async function readBackup(file: string, target: string): Promise<void> {
  const length = (await sizeOf(file)) - trailerLength;
  if (length <= 0) throw damaged(file, 'is too short');
  const trailer = await textAt(file, length);
  if (!trailer.startsWith(mark)) throw damaged(file, 'does not end as a backup does: it was cut, or is another file');
  try {
    await pipeline(createReadStream(file, { end: length - 1 }), createWriteStream(target));
    if (trailerFor(await hashOf(target)) !== trailer) throw damaged(file, 'was altered: its checksum does not match');
    await flushToDisk(target);
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  }
}

/** A database in WAL mode may need a second file beside it; a backup is one file. */
async function makeSingleFile(file: string): Promise<void> {
  const copy = await openDatabase(file);
  try {
    copy.exec('PRAGMA journal_mode = DELETE');
  } finally {
    copy.close();
  }
}

function trailerFor(hash: string): string {
  return `${mark}${hash}`.padEnd(trailerLength - 1).concat('\n');
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

async function textAt(file: string, start: number): Promise<string> {
  let text = '';
  for await (const chunk of createReadStream(file, { start, encoding: 'latin1' })) text += String(chunk);
  return text;
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    throw new RightsizeError('file_not_found', `\`${file}\` cannot be read (${(error as Error).message})`, {
      cause: error,
    });
  }
}

async function flushToDisk(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function damaged(file: string, what: string): RightsizeError {
  return new RightsizeError('store_damaged', `\`${file}\` ${what}.`, {
    remedy: 'Use another backup; nothing was changed.',
  });
}
