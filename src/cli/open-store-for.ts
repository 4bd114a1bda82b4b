import { RightsizeError } from '../errors.ts';
import { openStore } from '../storage/open-store.ts';
import type { Store } from '../storage/store.ts';
import type { CommandContext } from './run-command.ts';

/** A store as one command sees it. */
export interface OpenedStore extends Store {
  /** Another process holds the folder: nothing may be written, and that process finds the tasks. */
  readonly isReadOnly: boolean;
}

/**
 * Opens the data folder for one command and closes it behind it, whatever happens. With `onlyReads` the command also
 * works beside a running server; without it the folder must be free (`folder_in_use`).
 */
export async function withStore<Result>(
  context: CommandContext,
  work: (store: OpenedStore) => Promise<Result>,
  { onlyReads = false }: { readonly onlyReads?: boolean } = {},
): Promise<Result> {
  const { data } = await context.settings();
  const { store, isReadOnly } = await open(data, onlyReads);
  try {
    return await work({ ...store, isReadOnly });
  } finally {
    await store.close();
  }
}

async function open(
  data: string,
  onlyReads: boolean,
): Promise<{ readonly store: Store; readonly isReadOnly: boolean }> {
  try {
    return { store: await openStore(data), isReadOnly: false };
  } catch (error) {
    if (!onlyReads || !(error instanceof RightsizeError) || error.code !== 'folder_in_use') throw error;
    return { store: await openStore(data, { readOnly: true }), isReadOnly: true };
  }
}
