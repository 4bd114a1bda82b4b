import type { SqliteRow } from '../open-database.ts';
import type { SpendFilter, Spending, SpendStore } from '../spend-store.ts';
import type { Connection } from './connection.ts';

export class SqliteSpendStore implements SpendStore {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async add(spendings: readonly Spending[]): Promise<void> {
    if (spendings.length === 0) return;
    this.#connection.transaction(() => {
      const upsert = this.#connection.prepare(
        `INSERT INTO spending (subject, period, requests, tokens, usd, unknown) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (subject, period) DO UPDATE SET
         requests = requests + excluded.requests, tokens = tokens + excluded.tokens, usd = usd + excluded.usd,
         unknown = unknown + excluded.unknown`,
      );
      for (const { subject, period, requests, tokens, usd, unknown } of spendings)
        upsert.run(subject, period, requests, tokens, usd, unknown);
    });
  }

  async list({ subject, periods }: SpendFilter = {}): Promise<readonly Spending[]> {
    return this.#connection
      .prepare(
        `SELECT subject, period, requests, tokens, usd, unknown FROM spending
         WHERE (?1 IS NULL OR subject = ?1) AND (?2 IS NULL OR period IN (SELECT value FROM json_each(?2)))
         ORDER BY subject, period`,
      )
      .all(subject ?? null, periods === undefined ? null : JSON.stringify(periods))
      .map(readSpending);
  }
}

function readSpending({ subject, period, requests, tokens, usd, unknown }: SqliteRow): Spending {
  return {
    subject: String(subject),
    period: String(period),
    requests: Number(requests),
    tokens: Number(tokens),
    usd: Number(usd),
    unknown: Number(unknown),
  };
}
