import type { Json } from '../../records/call.ts';
import type { StateStore } from '../state-store.ts';

export class MemoryStateStore implements StateStore {
  /** As text, so that what is read back is never what somebody else still changes. */
  readonly #values = new Map<string, string>();

  async get(key: string): Promise<Json | undefined> {
    const text = this.#values.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as Json);
  }

  async set(key: string, value: Json): Promise<void> {
    this.#values.set(key, JSON.stringify(value));
  }

  async setAll(entries: ReadonlyMap<string, Json>): Promise<void> {
    for (const [key, value] of entries) await this.set(key, value);
  }

  async remove(key: string): Promise<boolean> {
    return this.#values.delete(key);
  }

  async keys(prefix = ''): Promise<readonly string[]> {
    return [...this.#values.keys()].filter((key) => key.startsWith(prefix)).sort();
  }
}
