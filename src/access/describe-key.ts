import type { Limits } from '../records/limits.ts';
import type { GatewayKey } from '../storage/key-store.ts';

/** A key as people and programs may see it. Times are ISO 8601, UTC. */
export interface KeyDocument {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly state: 'active' | 'expired' | 'revoked';
  /** Null: all. */
  readonly models: readonly string[] | null;
  readonly limits: Limits;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  /** Until when the secret before the last rotation still holds. */
  readonly previousSecretUntil: string | null;
}

export function describeKey(key: GatewayKey, now: number): KeyDocument {
  const { id, name, tenant, models, limits, createdAt, expiresAt, revokedAt, previous } = key;
  const isExpired = expiresAt !== null && now >= expiresAt;
  const until = previous !== null && now < previous.until ? previous.until : null;
  return {
    id,
    name,
    tenant,
    state: revokedAt !== null ? 'revoked' : isExpired ? 'expired' : 'active',
    models,
    limits,
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: isoOrNull(expiresAt),
    revokedAt: isoOrNull(revokedAt),
    previousSecretUntil: isoOrNull(until),
  };
}

function isoOrNull(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
