import type { SpendFilter, Spending, SpendStore } from '../spend-store.ts';

export class MemorySpendStore implements SpendStore {
  readonly #spendings = new Map<string, Spending>();

  async add(spendings: readonly Spending[]): Promise<void> {
    for (const { subject, period, requests, tokens, usd, unknown } of spendings) {
      const place = JSON.stringify([subject, period]);
      const known = this.#spendings.get(place) ?? { requests: 0, tokens: 0, usd: 0, unknown: 0 };
      this.#spendings.set(place, {
        subject,
        period,
        requests: known.requests + requests,
        tokens: known.tokens + tokens,
        usd: known.usd + usd,
        unknown: known.unknown + unknown,
      });
    }
  }

  async list({ subject, periods }: SpendFilter = {}): Promise<readonly Spending[]> {
    return [...this.#spendings.values()]
      .filter((spending) => subject === undefined || spending.subject === subject)
      .filter((spending) => periods === undefined || periods.includes(spending.period))
      .sort((a, b) => inOrder(a.subject, b.subject) || inOrder(a.period, b.period));
  }
}

/** By code units of UTF-8, as SQLite orders text. */
function inOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
