import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SqliteRow, SqliteValue } from '../open-database.ts';
import type { BodyCodec, EncodedBody } from './body-codec.ts';
import type { Connection } from './connection.ts';
import { stretchesOf } from './shared-text.ts';

/** Rows read or written again at once. */
const batch = 200;
/** Calls left that are asked whether a text is theirs, too. */
const mostWitnesses = 500;

/**
 * What calls have in common is kept once, in dictionaries. A text that only erased calls had may stand there, for calls
 * of one user are alike too: then the calls that are left are written again without it.
 */
export class SharedTextTraces {
  readonly #connection: Connection;
  readonly #codec: BodyCodec;
  /** Stretches of each dictionary that also stand in erased calls. */
  readonly #suspects = new Map<number, Set<string>>();
  readonly #stretches = new Map<number, ReadonlySet<string>>();

  constructor(connection: Connection, codec: BodyCodec) {
    this.#connection = connection;
    this.#codec = codec;
  }

  /** Notes a call that is about to be erased. */
  add(tenant: string, encoded: EncodedBody): void {
    const { text, groupings } = this.#codec.textOf(tenant, encoded);
    const own = new Set(encoded.dictionary === null ? [] : [encoded.dictionary]);
    const ofGroup = this.#connection.prepare('SELECT id FROM dictionaries WHERE grouping = ?');
    for (const grouping of groupings) for (const { id } of ofGroup.all(grouping)) own.add(Number(id));
    for (const dictionary of own) {
      const suspects = this.#suspects.get(dictionary) ?? new Set<string>();
      this.#suspects.set(dictionary, suspects);
      const known = this.#stretchesIn(dictionary);
      for (const stretch of stretchesOf(text)) if (known.has(stretch)) suspects.add(stretch);
    }
  }

  /** After the calls are removed: no dictionary holds a word that nobody else said. */
  async finish(): Promise<void> {
    // Samples for dictionaries to come are held in memory.
    this.#codec.forget();
    for (const [dictionary, suspects] of this.#suspects) {
      await this.#acquit(dictionary, suspects);
      if (suspects.size > 0) await this.#rewrite(dictionary);
    }
  }

  #stretchesIn(dictionary: number): ReadonlySet<string> {
    const known = this.#stretches.get(dictionary);
    if (known !== undefined) return known;
    const row = this.#connection.prepare('SELECT text FROM dictionaries WHERE id = ?').get(dictionary);
    const stretches = new Set(stretchesOf(Buffer.from((row?.text as Uint8Array | undefined) ?? []).toString()));
    this.#stretches.set(dictionary, stretches);
    return stretches;
  }

  /** Takes away what calls say that are left. */
  async #acquit(dictionary: number, suspects: Set<string>): Promise<void> {
    let last = -1;
    for (let witnesses = 0; suspects.size > 0 && witnesses < mostWitnesses; ) {
      const rows = this.#users(dictionary, last);
      for (const row of rows)
        for (const stretch of stretchesOf(this.#codec.textOf('', encodedOf(row)).text)) suspects.delete(stretch);
      witnesses += rows.length;
      if (rows.length < batch) return;
      last = Number(rows.at(-1)?.seq);
      await nextTurn();
    }
  }

  /** Writes the calls that need a dictionary again, with another; the last of them takes it along. */
  async #rewrite(dictionary: number): Promise<void> {
    // Under this name nobody finds it for a new call.
    this.#connection
      .prepare('UPDATE dictionaries SET grouping = ? WHERE id = ?')
      .run(`retired ${dictionary}`, dictionary);
    this.#codec.forget();
    const update = this.#connection.prepare('UPDATE calls SET dictionary = ?, body = ? WHERE seq = ?');
    for (;;) {
      const rewritten = this.#connection.transaction(() => {
        const rows = this.#users(dictionary, -1);
        for (const row of rows) {
          const encoded = this.#codec.encode(String(row.owner), this.#codec.decode(encodedOf(row)));
          update.run(encoded.dictionary, encoded.bytes, row.seq as SqliteValue);
        }
        this.#codec.settle();
        return rows.length;
      });
      if (rewritten === 0) break;
      await nextTurn();
    }
    this.#connection.prepare('DELETE FROM dictionaries WHERE id = ?').run(dictionary);
    this.#codec.forget();
  }

  #users(dictionary: number, after: number): readonly SqliteRow[] {
    return this.#connection
      .prepare(
        `SELECT calls.seq, calls.dictionary, calls.body, names.text AS owner FROM calls JOIN names ON names.id = calls.tenant
         WHERE calls.dictionary = ? AND calls.seq > ? ORDER BY calls.seq LIMIT ${batch}`,
      )
      .all(dictionary, after);
  }
}

function encodedOf(row: SqliteRow): EncodedBody {
  return { dictionary: row.dictionary === null ? null : Number(row.dictionary), bytes: row.body as Uint8Array };
}
