import type { CallStore } from './call-store.ts';
import type { CertificateStore } from './certificate-store.ts';
import type { GoldStore } from './gold-store.ts';
import type { KeyStore } from './key-store.ts';
import type { SpendStore } from './spend-store.ts';
import type { StateStore } from './state-store.ts';
import type { StudentStore } from './student-store.ts';
import type { TaskStore } from './task-store.ts';

/** Everything an installation keeps. */
export interface Store {
  readonly calls: CallStore;
  readonly tasks: TaskStore;
  readonly students: StudentStore;
  readonly certificates: CertificateStore;
  readonly gold: GoldStore;
  readonly state: StateStore;
  readonly keys: KeyStore;
  readonly spending: SpendStore;
  /**
   * Does work that erases, and sees to it that nothing it removed is left in any file of the store: removed bytes are
   * overwritten, free pages given back, the write-ahead log emptied. Throws `folder_in_use` where a reader holds on to the
   * log for so long that it cannot be emptied; the work is done then, and the next erasure or close empties it.
   */
  erasing<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Writes a consistent copy of everything into a new file while the store stays in use. An existing file is replaced when the copy is complete. */
  backup(file: string, signal?: AbortSignal): Promise<void>;
  /** Waits for nothing but its own work; using the store afterwards is a defect. A second call does nothing. */
  close(): Promise<void>;
}
