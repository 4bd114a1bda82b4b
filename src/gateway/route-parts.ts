import type { Provider } from '../providers/provider.ts';
import type { Settings } from '../settings.ts';
import type { CallPrivacy } from './call-privacy.ts';
import type { Engine } from './engine.ts';
import type { Outcome } from './outcome.ts';

/** What the routes work with. */
export interface RouteParts {
  readonly engine: Engine;
  /** Null: only students answer. */
  readonly provider: Provider | null;
  readonly maxBodyBytes: number;
  readonly streams: Settings['streams'];
  readonly now: () => number;
  /** Called once a call, behind the answer. Must not throw. */
  readonly onOutcome: (outcome: Outcome) => void;
  readonly privacy: CallPrivacy;
}
