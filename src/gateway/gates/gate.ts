import type { RightsizeError } from '../../errors.ts';
import type { JsonObject } from '../../records/call.ts';

/** What an upstream sent in place of an answer, and what the caller is told. */
export interface Refusal {
  readonly error: RightsizeError;
  readonly status: number;
  /** The upstream's own words, where it said any: `{ error: … }` as it wrote it. */
  readonly body: JsonObject | null;
}

export function isRefusal(passed: Buffer | Refusal | null): passed is Refusal {
  return passed !== null && !Buffer.isBuffer(passed);
}

/** Stands between an upstream's bytes and the caller, and says what of them may go on. Never alters order. */
export interface Gate {
  /** What may go on now; null: nothing yet. */
  take(piece: Buffer): Buffer | Refusal | null;
  /** At the end of the bytes. */
  finish(): Buffer | Refusal | null;
  /** The whole answer, where it was read on the way. */
  readonly value: JsonObject | null;
}

/** Lets everything go on at once. */
export const openGate: Gate = { take: (piece) => piece, finish: () => null, value: null };
