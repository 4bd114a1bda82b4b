import { openMemoryStore } from './memory/open-memory-store.ts';
import { type OpenOptions, openSqliteStore } from './sqlite/open-sqlite-store.ts';
import type { Store } from './store.ts';

/**
 * Opens what an installation keeps: a data folder, or `:memory:` for a store that is gone when it is closed.
 * Without `readOnly` the folder is made if need be and held for this process alone (`folder_in_use`).
 * With it, one may read beside the process that writes; a folder without data is `file_not_found`.
 */
export async function openStore(folder: string, options: OpenOptions = {}): Promise<Store> {
  return folder === ':memory:' ? openMemoryStore() : openSqliteStore(folder, options);
}
