import { readSecret, type Settings } from '../settings.ts';
import { MemoryKeyStore } from '../storage/memory/memory-key-store.ts';
import { MemorySpendStore } from '../storage/memory/memory-spend-store.ts';
import { KeyGate } from './key-gate.ts';
import { Keyring } from './keyring.ts';
import { Meters } from './meters.ts';

/** A gate without stored keys: the one key of `keys.callers`, or none. What is used is counted until the process ends. */
export function createSingleKeyGate({ keys, limits, models }: Pick<Settings, 'keys' | 'limits' | 'models'>): KeyGate {
  return new KeyGate({
    keyring: new Keyring({ store: new MemoryKeyStore() }),
    meters: new Meters({ store: new MemorySpendStore() }),
    callersKey: readSecret(keys.callers),
    adminKey: readSecret(keys.admin),
    limits,
    models,
  });
}
