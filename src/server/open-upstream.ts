import { openUpstreams } from '../providers/fleet/open-upstreams.ts';
import type { Provider } from '../providers/provider.ts';
import { openRecordedProvider } from '../providers/recorded/recorded-provider.ts';
import type { Settings } from '../settings.ts';

/** Whoever answers what no student answers; another one may take its place while calls are under way. */
export interface Upstream {
  /** Null: only students answer. */
  readonly provider: Provider | null;
  /** Gives the former one, which is closed by whoever knows that its last call has ended. */
  replace(next: Provider | null): Provider | null;
  close(): Promise<void>;
}

export async function openUpstream(settings: Settings): Promise<Upstream> {
  let provider = await openProvider(settings);
  return {
    get provider() {
      return provider;
    },
    replace(next) {
      const former = provider;
      provider = next;
      return former;
    },
    async close() {
      await provider?.close();
    },
  };
}

/** The upstream that the settings name; null where they name none. Throws what is wrong with them. */
export async function openProvider(settings: Settings): Promise<Provider | null> {
  return settings.recorded === null ? openUpstreams(settings) : openRecordedProvider(settings.recorded);
}
