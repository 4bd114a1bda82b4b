import type { Logger } from 'pino';
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

export async function openUpstream(settings: Settings, log: Logger): Promise<Upstream> {
  let provider = await openProvider(settings, log);
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
export async function openProvider(settings: Settings, log?: Logger): Promise<Provider | null> {
  if (settings.recorded !== null) return openRecordedProvider(settings.recorded);
  return openUpstreams(settings, {
    onBreaker(deployment, isOpen) {
      if (isOpen) log?.warn({ deployment }, 'a deployment failed again and again, and is left alone for a while');
      else log?.info({ deployment }, 'a deployment answers again');
    },
  });
}
