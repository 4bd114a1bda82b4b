import type { JsonObject } from '../records/call.ts';

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
}

export interface StoredStudent extends StudentEntry {
  /** The student file, as it was written. */
  readonly bytes: Uint8Array;
}

/** Keeps student files. A stored student never changes: a second `put` of an id is refused unless it is the same. */
export interface StudentStore {
  /** Throws `student_damaged` when the id is stored with other bytes. */
  put(student: StoredStudent): Promise<void>;
  get(id: string): Promise<StoredStudent | null>;
  /** Newest first. */
  list(filter?: { readonly task?: string | undefined }): Promise<readonly StudentEntry[]>;
  /** False when it is not stored. */
  remove(id: string): Promise<boolean>;
}
