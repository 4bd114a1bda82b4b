import type { Call } from '../records/call.ts';
import type { Route } from '../records/route.ts';

/** Which task and version a call belongs to. The slots are not kept: the template finds them again. */
export interface TaskReference {
  /** Task id. */
  readonly task: string;
  /** Version id. */
  readonly version: string;
}

/** A call as it is kept: with who answered it and why (null for imported calls), and its task (null until one is found). */
export interface StoredCall {
  readonly call: Call;
  readonly route: Route | null;
  readonly match: TaskReference | null;
  /** Reference of the application's user, null where none is named; read from the request where it is left out. Never given back. */
  readonly user?: string | null;
}

/** A call that is to be erased. */
export interface FoundReference {
  readonly id: string;
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
  readonly tenant: string;
  readonly match: TaskReference | null;
}

export interface CallFilter {
  /** Task id; null means the calls that belong to no task. Left out: all calls. */
  readonly task?: string | null | undefined;
  readonly tenant?: string | undefined;
}

export interface CallListQuery extends CallFilter {
  readonly limit: number;
  /** Id of a call: only what comes after it in the list. Throws `call_not_found` when it is not stored. */
  readonly before?: string | undefined;
}

export interface CallScanQuery extends CallFilter {
  /** Milliseconds since 1970, included. */
  readonly from?: number | undefined;
  /** Milliseconds since 1970, excluded. */
  readonly to?: number | undefined;
}

export type RetentionRule =
  /** Removes calls whose `at` lies before it, in milliseconds since 1970; of one task or tenant where one is named. */
  | ({ readonly olderThan: number } & CallFilter)
  /** Removes the oldest calls until everything stored takes at most so many bytes. */
  | { readonly largerThanBytes: number };

export interface Removal {
  readonly calls: number;
  /** Bytes given back to the disk. */
  readonly bytes: number;
}

/** Keeps captured calls. Backends differ in speed, never in answers: `call-store.contract.ts` holds them to it. */
export interface CallStore {
  /** All or nothing. A call whose id is stored already is left as it is. Returns how many were new. */
  append(calls: readonly StoredCall[]): Promise<number>;
  get(id: string): Promise<StoredCall | null>;
  /** Newest first; of calls with the same time, the one stored last comes first. */
  list(query: CallListQuery): Promise<readonly StoredCall[]>;
  /** In time order, calls of the same time as they were stored; in bounded memory. */
  scan(query?: CallScanQuery): AsyncIterable<StoredCall>;
  count(filter?: CallFilter): Promise<number>;
  /** Gives calls their task, or another one, or none. All or nothing; ids that are not stored are passed over. Returns how many were found. */
  assign(matches: ReadonlyMap<string, TaskReference | null>): Promise<number>;
  remove(rule: RetentionRule): Promise<Removal>;
  /** Removes the calls of a task and what was learned from their texts to store them smaller. */
  forgetTask(task: string): Promise<Removal>;
  /** The calls of a user, by the reference of `user-reference.ts`, oldest first. */
  ofUser(user: string, filter?: Pick<CallFilter, 'tenant'>): Promise<readonly FoundReference[]>;
  /** Removes calls by id, and their words from what other calls are stored with. Within `Store.erasing` they leave the files too. */
  erase(ids: readonly string[]): Promise<Removal>;
  /** Bytes that everything stored takes on the disk, or in memory roughly. */
  size(): Promise<number>;
}
