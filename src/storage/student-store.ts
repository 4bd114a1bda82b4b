import type { JsonObject } from '../records/call.ts';
import type { FoundReference } from './call-store.ts';

/** A student without its bytes. */
export interface StudentEntry {
  /** The student's version; unique. */
  readonly id: string;
  /** Task id. */
  readonly task: string;
  /** Task version id: the prompt and teacher it was trained for. */
  readonly version: string;
  /** Milliseconds since 1970, UTC. */
  readonly createdAt: number;
  /** What the trainer wants to know again: settings, rows, figures. */
  readonly details: JsonObject;
  /** Calls that trained it and were erased since. Read only. */
  readonly erasedRows?: number;
}

export interface StoredStudent extends StudentEntry {
  /** The student file, as it was written. */
  readonly bytes: Uint8Array;
  /** Ids of the calls that trained it. Only hashes of them are kept, and they are not given back. */
  readonly trainedOn?: readonly string[];
}

/** A student, and how many of its rows were erased now. */
export interface ErasedRows {
  readonly student: string;
  /** Task id. */
  readonly task: string;
  readonly rows: number;
}

/** Keeps student files. A stored student never changes: a second `put` of an id is refused unless it is the same. */
export interface StudentStore {
  /** Throws `student_damaged` when the id is stored with other bytes. */
  put(student: StoredStudent): Promise<void>;
  get(id: string): Promise<StoredStudent | null>;
  /** Newest first. */
  list(filter?: { readonly task?: string | undefined }): Promise<readonly StudentEntry[]>;
  /**
   * Counts erased calls against the students that they trained; those that are touched are returned. A student of which
   * nobody wrote down the rows counts every erased call of its version that came before it.
   */
  countErased(calls: readonly FoundReference[]): Promise<readonly ErasedRows[]>;
  /** False when it is not stored. */
  remove(id: string): Promise<boolean>;
}
