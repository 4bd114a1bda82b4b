import type { Limits } from '../records/limits.ts';

/** A gateway key as it is kept: everything but its secret. */
export interface GatewayKey {
  /** Stands in the secret too; says nothing about the rest of it. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** Whose calls come with it. */
  readonly tenant: string;
  /** Models it may ask for; null: all. */
  readonly models: readonly string[] | null;
  readonly limits: Limits;
  /** Milliseconds since 1970, UTC, as are the others. */
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  /** SHA-256 of the whole secret, in hexadecimal. */
  readonly hash: string;
  /** The secret before the last rotation, good until then. */
  readonly previous: { readonly hash: string; readonly until: number } | null;
}

/** Keeps gateway keys. They are revoked, never removed: an installation that had keys stays closed. */
export interface KeyStore {
  /** Replaces the key of the same id. */
  put(key: GatewayKey): Promise<void>;
  get(id: string): Promise<GatewayKey | null>;
  /** In the order in which they were first stored. */
  list(): Promise<readonly GatewayKey[]>;
}
