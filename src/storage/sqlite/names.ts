import type { Connection } from './connection.ts';

/** Numbers for texts that repeat in every call: tenants, task ids, version ids. */
export class Names {
  readonly #connection: Connection;
  readonly #ids = new Map<string, number>();
  readonly #texts = new Map<number, string>();

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.onRollback(() => {
      this.#ids.clear();
      this.#texts.clear();
    });
  }

  /** The number of a text, or null where it has none. */
  find(text: string): number | null {
    const held = this.#ids.get(text);
    if (held !== undefined) return held;
    const row = this.#connection.prepare('SELECT id FROM names WHERE text = ?').get(text);
    return row ? this.#remember(Number(row.id), text) : null;
  }

  /** The number of a text; a new one gets the next. Must run inside a transaction. */
  intern(text: string): number {
    const known = this.find(text);
    if (known !== null) return known;
    const { lastInsertRowid } = this.#connection.prepare('INSERT INTO names (text) VALUES (?)').run(text);
    return this.#remember(Number(lastInsertRowid), text);
  }

  text(id: number): string {
    const held = this.#texts.get(id);
    if (held !== undefined) return held;
    const text = String(this.#connection.prepare('SELECT text FROM names WHERE id = ?').get(id)?.text);
    this.#remember(id, text);
    return text;
  }

  #remember(id: number, text: string): number {
    // Tenants may be many; what is forgotten is read again.
    if (this.#ids.size > 10_000) {
      this.#ids.clear();
      this.#texts.clear();
    }
    this.#ids.set(text, id);
    this.#texts.set(id, text);
    return id;
  }
}
