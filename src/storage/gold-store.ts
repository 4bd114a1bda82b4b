import type { Gold } from '../records/call.ts';

/** An answer that a person verified. */
export interface GoldAnswer {
  readonly callId: string;
  /** Task id. */
  readonly task: string;
  readonly answer: Gold;
  /** When it was verified; milliseconds since 1970, UTC. */
  readonly at: number;
}

/** Gold answers as they stood at one moment. Never changes. */
export interface GoldSet {
  /** Task id. */
  readonly task: string;
  /** From 1, one more with each freeze. */
  readonly version: number;
  /** Milliseconds since 1970, UTC. */
  readonly frozenAt: number;
  /** In the order of their calls' first verification. */
  readonly answers: readonly GoldAnswer[];
}

/** Keeps the answers people verified, and frozen sets of them. */
export interface GoldStore {
  /** A later answer for the same call replaces the earlier one; frozen sets keep theirs. */
  put(answers: readonly GoldAnswer[]): Promise<void>;
  /** Today's answers, in the order of their calls' first verification. */
  list(task: string): Promise<readonly GoldAnswer[]>;
  /** False when there is none for this call. Frozen sets keep theirs. */
  remove(callId: string): Promise<boolean>;
  /** Removes the answers of these calls, from frozen sets too: they are to be erased. Returns how many calls had one. */
  erase(callIds: readonly string[]): Promise<number>;
  /** Makes the next version of the task's set from today's answers. */
  freeze(task: string, frozenAt: number): Promise<GoldSet>;
  /** Oldest first. */
  sets(task: string): Promise<readonly GoldSet[]>;
}
