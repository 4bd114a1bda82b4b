import type { GatewayKey, KeyStore } from '../key-store.ts';
import type { SqliteRow } from '../open-database.ts';
import type { Connection } from './connection.ts';

export class SqliteKeyStore implements KeyStore {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async put(key: GatewayKey): Promise<void> {
    this.#connection
      .prepare(
        'INSERT INTO gateway_keys (id, record) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record',
      )
      .run(key.id, JSON.stringify(key));
  }

  async get(id: string): Promise<GatewayKey | null> {
    const row = this.#connection.prepare('SELECT record FROM gateway_keys WHERE id = ?').get(id);
    return row ? readKey(row) : null;
  }

  async list(): Promise<readonly GatewayKey[]> {
    return this.#connection.prepare('SELECT record FROM gateway_keys ORDER BY seq').all().map(readKey);
  }
}

function readKey(row: SqliteRow): GatewayKey {
  return JSON.parse(String(row.record)) as GatewayKey;
}
