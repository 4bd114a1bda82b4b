import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '../open-database.ts';
import { call } from '../some-call.contract.ts';
import { databaseName, openSqliteStore } from './open-sqlite-store.ts';

export interface KillReport {
  readonly kills: number;
  /** Calls that the writers told to be stored. */
  readonly told: number;
  /** Of these, calls that are not there, or not whole. */
  readonly lost: number;
  /** Calls in the store of which a part is missing. */
  readonly torn: number;
  /** Kills after which SQLite found the file unsound. */
  readonly unsound: number;
}

/**
 * Starts a process that writes call after call into the folder, kills it at a moment that `random` chooses, opens the
 * store and looks at everything; again and again in the same folder.
 */
export async function killWriters(folder: string, kills: number, random: () => number): Promise<KillReport> {
  const report = { kills: 0, told: 0, lost: 0, torn: 0, unsound: 0 };
  for (let kill = 0; kill < kills; kill++) {
    const written = await killOneWriter(folder, `k${kill}-`, random);
    report.kills++;
    report.told += written.length;
    if (!(await isSound(folder))) report.unsound++;
    const store = await openSqliteStore(folder);
    const whole = new Set<string>();
    for await (const stored of store.calls.scan()) {
      const { request } = call({ id: stored.call.id });
      if (JSON.stringify(stored.call.request) === JSON.stringify(request)) whole.add(stored.call.id);
      else report.torn++;
    }
    report.lost += written.filter((id) => !whole.has(id)).length;
    // What was looked at makes room: the next writer works on a folder that has been in use.
    await store.calls.remove({ olderThan: Number.MAX_SAFE_INTEGER });
    await store.close();
  }
  return report;
}

async function killOneWriter(folder: string, prefix: string, random: () => number): Promise<readonly string[]> {
  const script = fileURLToPath(new URL('./endless-writer.contract.ts', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', script, folder, prefix], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const written: string[] = [];
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  lines.on('line', (line) => written.push(line));
  const closed = once(child, 'close');
  await Promise.race([once(lines, 'line'), closed]);
  await pause(random() * 150);
  child.kill('SIGKILL');
  await closed;
  return written;
}

async function isSound(folder: string): Promise<boolean> {
  const database = await openDatabase(join(folder, databaseName));
  const verdict = database.prepare('PRAGMA integrity_check').get()?.integrity_check;
  database.close();
  return verdict === 'ok';
}
