import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { deflateRawSync, gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredCall } from '../call-store.ts';
import { openDatabase } from '../open-database.ts';
import { call } from '../some-call.contract.ts';
import { userReference } from '../user-reference.ts';
import { connect } from './connection.ts';
import { migrate, newestMigration } from './migrations.ts';
import { databaseName, openSqliteStore } from './open-sqlite-store.ts';
import { SqliteCallStore } from './sqlite-call-store.ts';

let folder: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rightsize-open-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

function stored(id: string): StoredCall {
  return { call: call({ id }), route: null, match: null };
}

/** Another process on the folder, that writes without end and tells each call that is stored. */
async function startWriter(): Promise<{ readonly child: ChildProcess; readonly written: string[] }> {
  const script = fileURLToPath(new URL('./endless-writer.contract.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const written: string[] = [];
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  lines.on('line', (line) => written.push(line));
  while (written.length < 50) await once(lines, 'line');
  return { child, written };
}

describe('opening a data folder', () => {
  it('makes the folder where there is none, for its owner alone', async () => {
    const inner = join(folder, 'a', 'b');
    await (await openSqliteStore(inner)).close();
    expect(statSync(inner).mode & 0o777).toBe(0o700);
    expect(existsSync(join(inner, databaseName))).toBe(true);
  });

  it('finds again what was stored, also what a closed store was told twice', async () => {
    const store = await openSqliteStore(folder);
    await store.calls.append([stored('a'), stored('b')]);
    await store.close();
    await store.close();
    const again = await openSqliteStore(folder);
    expect(await again.calls.append([stored('a'), stored('c')])).toBe(1);
    expect(await again.calls.count()).toBe(3);
    await again.close();
  });

  it('reads a folder that the first version wrote, and brings it up to date', async () => {
    const fixture = fileURLToPath(new URL('../__fixtures__/migration-1.db.gz', import.meta.url));
    writeFileSync(join(folder, databaseName), gunzipSync(readFileSync(fixture)));
    for (const readOnly of [true, false]) {
      const store = await openSqliteStore(folder, { readOnly });
      const calls = await store.calls.list({ task: 'triage', limit: 50 });
      expect(calls.map(({ call: { id } }) => id)).toEqual(Array.from({ length: 20 }, (_, index) => `c${19 - index}`));
      expect(calls[0]?.call.request.messages[1]?.content).toBe('Where is parcel 19?');
      expect(await store.state.get('stage/triage')).toBe('shadow');
      expect(await store.gold.list('triage')).toEqual([]);
      await store.close();
    }
  });

  it('refuses a folder that a newer version wrote, and leaves it alone', async () => {
    await (await openSqliteStore(folder)).close();
    const database = await openDatabase(join(folder, databaseName));
    database.exec(`INSERT INTO migrations (number, name, applied_at) VALUES (${newestMigration + 1}, 'later', 0)`);
    database.close();
    for (const readOnly of [true, false]) {
      await expect(openSqliteStore(folder, { readOnly })).rejects.toMatchObject({ code: 'store_too_new' });
    }
  });

  it('says that a file which is no database is damaged, and does not touch it', async () => {
    writeFileSync(join(folder, databaseName), 'these are somebody’s notes\n'.repeat(100));
    await expect(openSqliteStore(folder)).rejects.toMatchObject({ code: 'store_damaged' });
    expect(readFileSync(join(folder, databaseName), 'utf8')).toMatch(/^these are/);
  });

  it('says what it cannot write to', async () => {
    writeFileSync(join(folder, 'file'), '');
    // Node's own recursive mkdir never comes back from the last one.
    const places = [
      join(folder, 'file'),
      join(folder, 'file', 'inner'),
      ...(process.platform === 'linux' ? ['/proc/rightsize'] : []),
    ];
    for (const place of places) {
      await expect(openSqliteStore(place)).rejects.toMatchObject({ code: 'folder_not_writable' });
    }
  });

  it('reads only what is there', async () => {
    const nowhere = openSqliteStore(join(folder, 'none'), { readOnly: true });
    await expect(nowhere).rejects.toMatchObject({ code: 'file_not_found' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('reads but does not write with readOnly', async () => {
    const writer = await openSqliteStore(folder);
    await writer.calls.append([stored('a')]);
    const reader = await openSqliteStore(folder, { readOnly: true });
    expect(await reader.calls.count()).toBe(1);
    await expect(reader.calls.append([stored('b')])).rejects.toMatchObject({ code: 'folder_not_writable' });
    await writer.calls.append([stored('b')]);
    expect(await reader.calls.count()).toBe(2);
    await reader.close();
    await writer.close();
  });

  it('never stores part of a batch', async () => {
    const store = await openSqliteStore(folder);
    const broken = { ...stored('z'), call: call({ id: 'z', at: Number.NaN }) };
    const batch = [...Array.from({ length: 40 }, (_, index) => stored(`c${index}`)), broken];
    await expect(store.calls.append(batch)).rejects.toThrow();
    expect(await store.calls.count()).toBe(0);
    // What the codec had learned from the calls that are not there is forgotten with them.
    await store.calls.append(batch.slice(0, -1));
    expect((await store.calls.get('c39'))?.call).toEqual(batch[39]?.call);
    await store.close();
  });
});

describe('two processes on one folder', () => {
  it('names the process that holds it, lets others read, and goes on when that one is killed', async () => {
    const { child, written } = await startWriter();
    await expect(openSqliteStore(folder)).rejects.toMatchObject({
      code: 'folder_in_use',
      message: expect.stringContaining(`process ${child.pid}`),
    });
    const reader = await openSqliteStore(folder, { readOnly: true });
    expect(await reader.calls.count()).toBeGreaterThanOrEqual(50);
    await reader.close();

    child.kill('SIGKILL');
    await once(child, 'close');
    const store = await openSqliteStore(folder);
    // Each call that was told to be stored is there, whole, and the database is sound.
    for (const id of written) expect((await store.calls.get(id))?.call.request).toEqual(call({ id }).request);
    await store.calls.append([stored('after')]);
    await store.close();
    const database = await openDatabase(join(folder, databaseName));
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    database.close();
  });
});

describe('a full disk', () => {
  it('is told as such, loses nothing that was stored, and is over when there is room again', async () => {
    const connection = connect(await openDatabase(join(folder, 'small.db')), folder);
    connection.exec('PRAGMA journal_mode = WAL');
    migrate(connection, folder);
    connection.exec('PRAGMA max_page_count = 60');
    const calls = new SqliteCallStore(connection);
    const random = (index: number) => Buffer.from(`${index}`.repeat(50)).toString('base64');
    let full: unknown;
    let storedCount = 0;
    for (let index = 0; full === undefined; index++) {
      const batch = Array.from({ length: 20 }, (_, place) =>
        stored(`c${index}-${place}-${random(index * 20 + place)}`),
      );
      await calls.append(batch).then(
        () => (storedCount += 20),
        (error: unknown) => (full = error),
      );
    }
    expect(full).toMatchObject({ code: 'disk_full' });
    expect(storedCount).toBeGreaterThan(20);
    expect(await calls.count()).toBe(storedCount);
    let readable = 0;
    for await (const { call: one } of calls.scan()) if (one.request.messages.length === 2) readable++;
    expect(readable).toBe(storedCount);
    connection.exec('PRAGMA max_page_count = 1000');
    expect(await calls.append([stored('later')])).toBe(1);
    connection.close();
  });
});

/** The bytes of calls as they stand in the file. */
async function bodiesOf(ids: readonly string[]): Promise<readonly Buffer[]> {
  const database = await openDatabase(join(folder, databaseName), { readOnly: true });
  const find = database.prepare('SELECT body FROM calls WHERE id = ?');
  const bodies = ids.map((id) => Buffer.from(find.get(id)?.body as Uint8Array));
  database.close();
  return bodies;
}

describe('space', () => {
  it('is given back to the disk when calls are removed', async () => {
    const store = await openSqliteStore(folder);
    const text = (index: number) =>
      Array.from({ length: 60 }, (_, word) => ((index + 1) * (word + 7) * 7919).toString(36)).join(' ');
    const many = Array.from({ length: 2000 }, (_, index) => {
      const request = { model: 'm', messages: [{ role: 'user', content: text(index) }] };
      return { ...stored(`c${index}`), call: call({ id: `c${index}`, at: index, request }) };
    });
    await store.calls.append(many);
    const file = join(folder, databaseName);
    const { bytes } = await store.calls.remove({ olderThan: 1800 });
    const size = statSync(file).size;
    expect(bytes).toBeGreaterThan(2 * size);
    expect(await store.calls.count()).toBe(200);
    await store.close();
  });

  it('S12: keeps what calls share apart by tenant, however alike their prompts are', async () => {
    const store = await openSqliteStore(folder);
    const prompt = 'Sort this ticket into one of three departments and answer with its name alone.';
    const secret = 'the launch is planned for the second of May';
    const of = (tenant: string, extra: string) =>
      Array.from({ length: 40 }, (_, index) => {
        const request = { model: 'm', messages: [{ role: 'user', content: `${prompt} ${extra} ${index}` }] };
        return { ...stored(`${tenant}${index}`), call: call({ id: `${tenant}${index}`, tenant, request }) };
      });
    await store.calls.append(of('a', secret));
    await store.calls.append(of('b', 'parcel'));
    await store.close();
    const database = await openDatabase(join(folder, databaseName), { readOnly: true });
    const texts = (tenant: string) =>
      database
        .prepare(
          `SELECT DISTINCT dictionaries.text FROM dictionaries JOIN calls ON calls.dictionary = dictionaries.id
           JOIN names ON names.id = calls.tenant WHERE names.text = ?`,
        )
        .all(tenant)
        .map(({ text }) => Buffer.from(text as Uint8Array).toString());
    expect(texts('a').join()).toContain(secret);
    expect(texts('b').join()).toContain(prompt.slice(0, 40));
    expect(texts('b').join()).not.toContain(secret);
    database.close();
  });

  it('S11: leaves no byte of erased calls in any file, also where they had words in common that nobody else said', async () => {
    const store = await openSqliteStore(folder);
    const secret = 'the launch is planned for the second of May';
    const request = (index: number) => ({
      model: 'm',
      messages: [
        { role: 'user', content: `Sort this ticket: ${index % 2 ? secret : 'the parcel is late'}, item ${index}` },
      ],
    });
    const many = Array.from({ length: 80 }, (_, index) => ({
      ...stored(`c${index}`),
      call: call({ id: `c${index}`, request: request(index), at: index }),
    }));
    for (let start = 0; start < many.length; start += 8) await store.calls.append(many.slice(start, start + 8));
    await store.gold.put([{ callId: 'c1', task: 't', answer: secret, at: 1 }]);
    const ids = many.filter((_, index) => index % 2 === 1).map((each) => each.call.id);
    const bodies = await bodiesOf(ids);
    const traces = () => {
      const files = readdirSync(folder).map((file) => readFileSync(join(folder, file)));
      return [secret, ...bodies].filter((trace) => files.some((file) => file.includes(trace))).length;
    };
    expect(traces()).toBe(1 + bodies.length);
    await store.erasing(async () => {
      await store.calls.erase(ids);
      await store.gold.erase(ids);
    });
    expect(traces()).toBe(0);
    for (const kept of many.filter((_, index) => index % 2 === 0))
      expect(await store.calls.get(kept.call.id)).toEqual(kept);
    await store.close();
  });

  it('S11: says when a reader keeps the log from being emptied, and empties it the next time', async () => {
    const store = await openSqliteStore(folder);
    await store.calls.append([stored('a')]);
    const reader = await openDatabase(join(folder, databaseName), { readOnly: true });
    reader.exec('BEGIN; SELECT count(*) FROM calls');
    await expect(store.erasing(() => store.calls.erase(['a']))).rejects.toMatchObject({ code: 'folder_in_use' });
    expect(await store.calls.count()).toBe(0);
    reader.exec('ROLLBACK');
    reader.close();
    await store.erasing(async () => undefined);
    expect(statSync(join(folder, `${databaseName}-wal`)).size).toBe(0);
    await store.close();
  }, 20_000);

  it('S11: finds the calls of a user that were stored before users were written down', async () => {
    const fixture = fileURLToPath(new URL('../__fixtures__/migration-1.db.gz', import.meta.url));
    writeFileSync(join(folder, databaseName), gunzipSync(readFileSync(fixture)));
    const database = await openDatabase(join(folder, databaseName));
    const connection = connect(database, folder);
    const bodies = connection.prepare('SELECT seq, dictionary FROM calls WHERE dictionary IS NULL').all();
    const { request, response } = call({ id: 'x' });
    const body = deflateRawSync(JSON.stringify({ request: { ...request, user: 'jane' }, response }));
    connection.prepare('UPDATE calls SET body = ? WHERE seq = ?').run(body, bodies[0]?.seq ?? null);
    connection.close();
    const store = await openSqliteStore(folder);
    for (let time = 0; time < 2; time++) expect(await store.calls.ofUser(userReference('jane'))).toHaveLength(1);
    await store.close();
  });

  it('forgets what removed calls had in common, with the last of them', async () => {
    const store = await openSqliteStore(folder);
    const secret = 'the launch is planned for the second of May';
    const request = (index: number) => ({
      model: 'm',
      messages: [{ role: 'user', content: `${secret}, item ${index}` }],
    });
    await store.calls.append(
      Array.from({ length: 40 }, (_, index) => ({
        call: call({ id: `c${index}`, request: request(index) }),
        route: null,
        match: { task: index < 40 ? 'plan' : 'other', version: 'v' },
      })),
    );
    await store.calls.forgetTask('plan');
    await store.close();
    for (const file of readdirSync(folder)) expect(readFileSync(join(folder, file)).includes(secret)).toBe(false);
  });
});

it('keeps the folder of another kind alone', async () => {
  mkdirSync(join(folder, databaseName));
  await expect(openSqliteStore(folder)).rejects.toMatchObject({ code: 'folder_not_writable' });
});
