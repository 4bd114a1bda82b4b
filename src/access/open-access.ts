import { readSecret, type Settings } from '../settings.ts';
import type { Store } from '../storage/store.ts';
import { describeKey, type KeyDocument } from './describe-key.ts';
import { KeyGate } from './key-gate.ts';
import { Keyring } from './keyring.ts';
import type { LimitUse, Moment } from './meter.ts';
import { type Clocks, Meters, systemClocks } from './meters.ts';
import type { Used } from './period-use.ts';

type AccessSettings = Pick<Settings, 'keys' | 'limits' | 'models'>;

export interface AccessOptions {
  readonly store: Pick<Store, 'keys' | 'spending'>;
  readonly settings: AccessSettings;
  readonly clocks?: Clocks;
  /** Told when what was used cannot be stored. */
  readonly onProblem?: (problem: unknown) => void;
}

/** A key, what was used with it, and how much of its limits is gone. */
export interface KeyUseDocument extends KeyDocument {
  readonly today: Used;
  readonly thisMonth: Used;
  /** Of the key and of its tenant. */
  readonly limitUses: readonly LimitUseDocument[];
}

export interface LimitUseDocument {
  readonly of: 'key' | 'tenant';
  readonly resource: LimitUse['resource'];
  readonly per: LimitUse['span'];
  readonly most: number;
  /** What requests have reserved that are still being answered is in it. */
  readonly taken: number;
  /** ISO 8601. */
  readonly resetsAt: string;
}

/** Who may call, and how much, over what a store keeps. */
export interface Access {
  /** The one in force now. */
  readonly gate: KeyGate;
  readonly keyring: Keyring;
  /** Throws `key_not_found`. */
  useOf(id: string): KeyUseDocument;
  /** A gate for the same keys and counts under other settings, to be used with `use`. Throws what is wrong with them. */
  gateUnder(settings: AccessSettings): KeyGate;
  use(gate: KeyGate): void;
  /** Stores what was used. */
  close(): Promise<void>;
}

export async function openAccess({
  store,
  settings,
  clocks = systemClocks,
  onProblem = () => {},
}: AccessOptions): Promise<Access> {
  const keyring = new Keyring({ store: store.keys, keys: await store.keys.list(), now: clocks.now });
  const meters = await Meters.open({ store: store.spending, clocks, onProblem });
  const gateOf = ({ keys, limits, models }: AccessSettings) =>
    new KeyGate({
      keyring,
      meters,
      limits,
      models,
      callersKey: readSecret(keys.callers),
      adminKey: readSecret(keys.admin),
    });
  let gate = gateOf(settings);
  return {
    get gate() {
      return gate;
    },
    keyring,
    gateUnder: gateOf,
    use(next) {
      gate = next;
    },
    useOf(id) {
      const key = keyring.get(id);
      const moment = meters.moment();
      const of = gate.metersOf(key);
      const [own] = of;
      return {
        ...describeKey(key, moment.at),
        today: usedOrNothing(own?.used(moment.day)),
        thisMonth: usedOrNothing(own?.used(moment.month)),
        limitUses: of.flatMap((meter) => meter.uses(moment)).map((use) => describeUse(use, moment)),
      };
    },
    close: () => meters.close(),
  };
}

function usedOrNothing(used: Used | undefined): Used {
  return { requests: 0, tokens: 0, usd: 0, unknown: 0, ...used };
}

function describeUse({ subject, resource, span, most, taken, resetMs }: LimitUse, { at }: Moment): LimitUseDocument {
  const resetsAt = new Date(at + resetMs).toISOString();
  return { of: subject.kind, resource, per: span, most, taken, resetsAt };
}
