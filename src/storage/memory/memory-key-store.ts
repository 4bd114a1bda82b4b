import type { GatewayKey, KeyStore } from '../key-store.ts';

export class MemoryKeyStore implements KeyStore {
  readonly #keys = new Map<string, GatewayKey>();

  async put(key: GatewayKey): Promise<void> {
    this.#keys.set(key.id, structuredClone(key));
  }

  async get(id: string): Promise<GatewayKey | null> {
    return this.#keys.get(id) ?? null;
  }

  async list(): Promise<readonly GatewayKey[]> {
    return [...this.#keys.values()];
  }
}
