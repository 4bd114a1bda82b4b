import { setImmediate as nextTurn } from 'node:timers/promises';
import { RightsizeError } from '../../errors.ts';
import type {
  CallFilter,
  CallListQuery,
  CallScanQuery,
  CallStore,
  FoundReference,
  Removal,
  RetentionRule,
  StoredCall,
  TaskReference,
} from '../call-store.ts';
import type { SqliteRow, SqliteValue } from '../open-database.ts';
import { referenceOf } from '../user-reference.ts';
import { BodyCodec, type EncodedBody } from './body-codec.ts';
import type { Connection } from './connection.ts';
import { Names } from './names.ts';
import { SharedTextTraces } from './shared-text-traces.ts';

const columns = 'seq, id, at, tenant, status, latency_ms, task, version, dictionary, body';
/** Rows read at once while scanning. */
const page = 200;
/** Rows removed in one transaction, and pages given back at once; other work gets its turn in between. */
const removalBatch = 250;
const vacuumPages = 100;

interface Condition {
  readonly sql: readonly string[];
  readonly values: readonly SqliteValue[];
}

export class SqliteCallStore implements CallStore {
  readonly #connection: Connection;
  readonly #names: Names;
  readonly #codec: BodyCodec;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#names = new Names(connection);
    this.#codec = new BodyCodec(connection);
  }

  async append(calls: readonly StoredCall[]): Promise<number> {
    if (calls.length === 0) return 0;
    return this.#connection.transaction(() => {
      let added = 0;
      for (const stored of calls) if (this.#insert(stored)) added++;
      this.#codec.settle();
      return added;
    });
  }

  async get(id: string): Promise<StoredCall | null> {
    const row = this.#connection.prepare(`SELECT ${columns} FROM calls WHERE id = ?`).get(id);
    return row ? this.#read(row) : null;
  }

  async list({ limit, before, ...filter }: CallListQuery): Promise<readonly StoredCall[]> {
    const condition = this.#condition(filter);
    if (!condition) return [];
    const from = before === undefined ? null : this.#positionOf(before);
    const sql = [...condition.sql, ...(from ? ['(at, seq) < (?, ?)'] : [])];
    const rows = this.#connection
      .prepare(`SELECT ${columns} FROM calls ${where(sql)} ORDER BY at DESC, seq DESC LIMIT ?`)
      .all(...condition.values, ...(from ?? []), limit);
    return rows.map((row) => this.#read(row));
  }

  async *scan({ from, to, ...filter }: CallScanQuery = {}): AsyncIterable<StoredCall> {
    const condition = this.#condition(filter);
    if (!condition) return;
    let position: readonly [number, number] = [from ?? -Number.MAX_VALUE, -1];
    const sql = [...condition.sql, '(at, seq) > (?, ?)', ...(to === undefined ? [] : ['at < ?'])];
    const statement = this.#connection.prepare(
      `SELECT ${columns} FROM calls ${where(sql)} ORDER BY at, seq LIMIT ${page}`,
    );
    for (;;) {
      const rows = statement.all(...condition.values, ...position, ...(to === undefined ? [] : [to]));
      for (const row of rows) yield this.#read(row);
      const last = rows.at(-1);
      if (!last || rows.length < page) return;
      position = [Number(last.at), Number(last.seq)];
      await nextTurn();
    }
  }

  async count(filter: CallFilter = {}): Promise<number> {
    const condition = this.#condition(filter);
    if (!condition) return 0;
    const row = this.#connection
      .prepare(`SELECT count(*) AS calls FROM calls ${where(condition.sql)}`)
      .get(...condition.values);
    return Number(row?.calls ?? 0);
  }

  async assign(matches: ReadonlyMap<string, TaskReference | null>): Promise<number> {
    return this.#connection.transaction(() => {
      const update = this.#connection.prepare('UPDATE calls SET task = ?, version = ? WHERE id = ?');
      let found = 0;
      for (const [id, match] of matches) {
        const task = match && this.#names.intern(match.task);
        const version = match && this.#names.intern(match.version);
        found += Number(update.run(task, version, id).changes);
      }
      return found;
    });
  }

  async remove(rule: RetentionRule): Promise<Removal> {
    if ('olderThan' in rule) {
      const condition = this.#condition(rule);
      if (condition === null) return { calls: 0, bytes: 0 };
      return this.#removeAll([...condition.sql, 'at < ?'], [...condition.values, rule.olderThan]);
    }
    return this.#removing(() => {
      const excess = this.#used() - rule.largerThanBytes;
      if (excess <= 0) return 0;
      const share = excess / this.#used();
      const calls = Number(this.#connection.prepare('SELECT count(*) AS calls FROM calls').get()?.calls ?? 0);
      return this.#removeBatch([], [], Math.min(removalBatch, Math.ceil(share * calls)));
    });
  }

  async forgetTask(task: string): Promise<Removal> {
    const id = this.#names.find(task);
    return id === null ? { calls: 0, bytes: 0 } : this.#removeAll(['task = ?'], [id]);
  }

  async ofUser(user: string, { tenant }: Pick<CallFilter, 'tenant'> = {}): Promise<readonly FoundReference[]> {
    await this.#readUsers();
    const condition = this.#condition({ tenant });
    if (condition === null) return [];
    return this.#connection
      .prepare(
        `SELECT id, at, tenant, task, version FROM calls ${where([...condition.sql, 'user = ?'])} ORDER BY at, seq`,
      )
      .all(...condition.values, user)
      .map((row) => ({
        id: String(row.id),
        at: Number(row.at),
        tenant: this.#names.text(Number(row.tenant)),
        match: this.#matchOf(row),
      }));
  }

  async erase(ids: readonly string[]): Promise<Removal> {
    const before = await this.size();
    const find = this.#connection.prepare('SELECT seq, tenant, dictionary, body FROM calls WHERE id = ?');
    const seqs: SqliteValue[] = [];
    const traces = new SharedTextTraces(this.#connection, this.#codec);
    for (const [index, id] of ids.entries()) {
      const row = find.get(id);
      if (row === undefined) continue;
      seqs.push(row.seq ?? null);
      traces.add(this.#names.text(Number(row.tenant)), encodedOf(row));
      if (index % removalBatch === removalBatch - 1) await nextTurn();
    }
    let calls = 0;
    for (let start = 0; start < seqs.length; start += removalBatch) {
      const batch = seqs.slice(start, start + removalBatch);
      calls += this.#removeBatch([`seq IN (${batch.map(() => '?')})`], batch, removalBatch);
      await nextTurn();
    }
    await traces.finish();
    await this.#giveBackPages();
    return { calls, bytes: before - (await this.size()) };
  }

  /** Calls of before users were written down: their bodies say who it was. */
  async #readUsers(): Promise<void> {
    const update = this.#connection.prepare('UPDATE calls SET user = ? WHERE seq = ?');
    const unread = this.#connection.prepare(`SELECT ${columns} FROM calls WHERE user IS NULL LIMIT ${page}`);
    for (let rows = unread.all(); rows.length > 0; rows = unread.all()) {
      this.#connection.transaction(() => {
        for (const row of rows) update.run(referenceOf(this.#read(row)) ?? '', row.seq ?? null);
      });
      await nextTurn();
    }
  }

  async size(): Promise<number> {
    return this.#connection.pragma('page_count') * this.#connection.pragma('page_size');
  }

  #insert(stored: StoredCall): boolean {
    const { call, route, match } = stored;
    if (this.#connection.prepare('SELECT 1 FROM calls WHERE id = ?').get(call.id)) return false;
    const { dictionary, bytes } = this.#codec.encode(call.tenant, { ...call, route });
    this.#connection
      .prepare(
        'INSERT INTO calls (id, at, tenant, status, latency_ms, task, version, dictionary, body, user) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      )
      .run(
        call.id,
        call.at,
        this.#names.intern(call.tenant),
        call.status,
        call.latencyMs,
        match && this.#names.intern(match.task),
        match && this.#names.intern(match.version),
        dictionary,
        bytes,
        referenceOf(stored) ?? '',
      );
    return true;
  }

  #read(row: SqliteRow): StoredCall {
    const { route, ...body } = this.#codec.decode(encodedOf(row));
    const call = {
      id: String(row.id),
      at: Number(row.at),
      tenant: this.#names.text(Number(row.tenant)),
      status: Number(row.status),
      latencyMs: row.latency_ms === null ? null : Number(row.latency_ms),
      ...body,
    };
    return { call, route, match: this.#matchOf(row) };
  }

  #matchOf(row: SqliteRow): TaskReference | null {
    if (row.task === null) return null;
    return { task: this.#names.text(Number(row.task)), version: this.#names.text(Number(row.version)) };
  }

  /** Null where nothing can match: the task or tenant has no call. */
  #condition({ task, tenant }: CallFilter): Condition | null {
    const sql: string[] = [];
    const values: SqliteValue[] = [];
    for (const [column, text] of [['task', task] as const, ['tenant', tenant] as const]) {
      if (text === undefined) continue;
      const id = text === null ? null : this.#names.find(text);
      if (text !== null && id === null) return null;
      sql.push(`${column} IS ?`);
      values.push(id);
    }
    return { sql, values };
  }

  #positionOf(id: string): readonly [SqliteValue, SqliteValue] {
    const row = this.#connection.prepare('SELECT at, seq FROM calls WHERE id = ?').get(id);
    if (!row) throw new RightsizeError('call_not_found', `There is no call \`${id}\`.`);
    return [row.at ?? null, row.seq ?? null];
  }

  #used(): number {
    const pages = this.#connection.pragma('page_count') - this.#connection.pragma('freelist_count');
    return pages * this.#connection.pragma('page_size');
  }

  #removeAll(sql: readonly string[], values: readonly SqliteValue[]): Promise<Removal> {
    return this.#removing(() => this.#removeBatch(sql, values, removalBatch));
  }

  /** Removes batch after batch, the oldest first, until one is empty, and gives the free pages back to the disk. */
  async #removing(removeBatch: () => number): Promise<Removal> {
    const before = await this.size();
    let calls = 0;
    for (let removed = removeBatch(); removed > 0; removed = removeBatch()) {
      calls += removed;
      await nextTurn();
    }
    if (calls === 0) return { calls, bytes: 0 };
    await this.#giveBackPages();
    this.#connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return { calls, bytes: before - (await this.size()) };
  }

  async #giveBackPages(): Promise<void> {
    while (this.#connection.pragma('freelist_count') > 0) {
      this.#connection.exec(`PRAGMA incremental_vacuum(${vacuumPages})`);
      await nextTurn();
    }
  }

  #removeBatch(sql: readonly string[], values: readonly SqliteValue[], limit: number): number {
    return this.#connection.transaction(() => {
      const rows = this.#connection
        .prepare(
          `DELETE FROM calls WHERE seq IN (SELECT seq FROM calls ${where(sql)} ORDER BY at, seq LIMIT ?) RETURNING dictionary`,
        )
        .all(...values, limit);
      const released = new Map<number, number>();
      for (const { dictionary } of rows) {
        if (dictionary !== null) released.set(Number(dictionary), (released.get(Number(dictionary)) ?? 0) + 1);
      }
      for (const [dictionary, calls] of released) this.#codec.release(dictionary, calls);
      return rows.length;
    });
  }
}

function encodedOf(row: SqliteRow): EncodedBody {
  return { dictionary: row.dictionary === null ? null : Number(row.dictionary), bytes: row.body as Uint8Array };
}

function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
}
