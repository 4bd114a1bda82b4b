import { openStore } from '../storage/open-store.ts';
import type { Store } from '../storage/store.ts';
import type { CommandContext } from './run-command.ts';

/** Opens the data folder for one command and closes it behind it, whatever happens. */
export async function withStore<Result>(
  context: CommandContext,
  work: (store: Store) => Promise<Result>,
): Promise<Result> {
  const { data } = await context.settings();
  const store = await openStore(data);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
