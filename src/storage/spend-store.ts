import type { Amounts } from '../records/limits.ts';

/** What one key or tenant has used in one day or month. */
export interface Spending extends Amounts {
  /** `key:` and an id, or `tenant:` and a name. */
  readonly subject: string;
  /** `2026-11-25` or `2026-11`, UTC. */
  readonly period: string;
  /** Answered requests that did not say what they used or cost: in the sums stands what was reserved for them. */
  readonly unknown: number;
}

export interface SpendFilter {
  readonly subject?: string | undefined;
  readonly periods?: readonly string[] | undefined;
}

/** Keeps what keys and tenants have used. Backends differ in speed, never in answers. */
export interface SpendStore {
  /** Adds to what was used before. All or nothing. */
  add(spendings: readonly Spending[]): Promise<void>;
  /** By subject, then period. */
  list(filter?: SpendFilter): Promise<readonly Spending[]>;
}
