import { timingSafeEqual } from 'node:crypto';
import { RightsizeError } from '../errors.ts';
import type { LimitName, Limits } from '../records/limits.ts';
import type { GatewayKey, KeyStore } from '../storage/key-store.ts';
import { hashSecret, idInSecret, newKeyId, newSecret } from './key-secret.ts';

/** What a new key is to be. */
export interface KeyWish {
  readonly name: string;
  readonly tenant: string;
  readonly models: readonly string[] | null;
  readonly limits: Limits;
  /** Milliseconds since 1970, UTC; null: it never expires. */
  readonly expiresAt: number | null;
}

/** What of a key is to be another; what is missing stays. */
export interface KeyChange extends Partial<Pick<KeyWish, 'name' | 'models' | 'expiresAt'>> {
  readonly limits?: LimitChange;
}

/** Null lifts a limit. */
export type LimitChange = { readonly [Name in LimitName]?: number | null | undefined };

/** A key with its secret, which is shown this once and kept nowhere. */
export interface IssuedKey {
  readonly key: GatewayKey;
  readonly secret: string;
}

export interface KeyringOptions {
  readonly store: KeyStore;
  readonly keys?: readonly GatewayKey[];
  /** Milliseconds since 1970, UTC. */
  readonly now?: () => number;
}

interface HeldKey {
  readonly key: GatewayKey;
  readonly hash: Buffer;
  readonly previous: Buffer | null;
}

/** Compared with where no key has the id, so that this takes no less time. */
const nobody = Buffer.alloc(32);

/** All gateway keys, in memory: what is changed here holds from the next request on, and is stored before it is said. */
export class Keyring {
  readonly #store: KeyStore;
  readonly #now: () => number;
  readonly #held = new Map<string, HeldKey>();

  /** `keys`: those that the store holds. */
  constructor({ store, keys = [], now = Date.now }: KeyringOptions) {
    this.#store = store;
    this.#now = now;
    for (const key of keys) this.#hold(key);
  }

  /** Whether there was ever a key, revoked ones included: an installation does not open when its last key goes. */
  get isEmpty(): boolean {
    return this.#held.size === 0;
  }

  list(): readonly GatewayKey[] {
    return [...this.#held.values()].map(({ key }) => key);
  }

  /** Throws `key_not_found`. */
  get(id: string): GatewayKey {
    const held = this.#held.get(id);
    if (held === undefined) throw new RightsizeError('key_not_found', `There is no key \`${id}\`.`);
    return held.key;
  }

  /** Limits that the wish sets to null are none. */
  async add(wish: Omit<KeyWish, 'limits'> & { readonly limits: LimitChange }): Promise<IssuedKey> {
    const id = newKeyId();
    const secret = newSecret(id);
    const hash = hashSecret(secret).toString('hex');
    const limits = changedLimits({}, wish.limits);
    return this.#issue({ ...wish, limits, id, createdAt: this.#now(), revokedAt: null, hash, previous: null }, secret);
  }

  /** Throws `key_not_found`. */
  async change(id: string, { limits = {}, ...change }: KeyChange): Promise<GatewayKey> {
    const key = this.get(id);
    return this.#keep({ ...key, ...change, limits: changedLimits(key.limits, limits) });
  }

  /** Takes the key away for good. Doing it again changes nothing. Throws `key_not_found`. */
  async revoke(id: string): Promise<GatewayKey> {
    const key = this.get(id);
    return key.revokedAt === null ? this.#keep({ ...key, revokedAt: this.#now() }) : key;
  }

  /** Gives the key another secret; the old one still holds for `graceMs`. Throws `key_not_found`, `invalid_request`. */
  async rotate(id: string, graceMs = 0): Promise<IssuedKey> {
    const key = this.get(id);
    if (key.revokedAt !== null)
      throw new RightsizeError('invalid_request', `The key \`${id}\` is revoked.`, { remedy: 'Add another key.' });
    const secret = newSecret(id);
    const previous = graceMs > 0 ? { hash: key.hash, until: this.#now() + graceMs } : null;
    return this.#issue({ ...key, hash: hashSecret(secret).toString('hex'), previous }, secret);
  }

  /**
   * The key that a secret belongs to. Throws `invalid_api_key` saying whether it is revoked or has expired, but only to
   * who holds its secret.
   */
  recognise(secret: string, hash: Buffer): GatewayKey {
    const held = this.#held.get(idInSecret(secret) ?? '');
    const now = this.#now();
    const isCurrent = timingSafeEqual(hash, held?.hash ?? nobody);
    const isPrevious = timingSafeEqual(hash, held?.previous ?? nobody) && now < (held?.key.previous?.until ?? 0);
    if (held === undefined || !(isCurrent || isPrevious)) throw new RightsizeError('invalid_api_key', 'No such key.');
    const { name, revokedAt, expiresAt } = held.key;
    if (revokedAt !== null) throw new RightsizeError('invalid_api_key', `The key \`${name}\` is revoked.`);
    if (expiresAt !== null && now >= expiresAt)
      throw new RightsizeError(
        'invalid_api_key',
        `The key \`${name}\` expired at ${new Date(expiresAt).toISOString()}.`,
      );
    return held.key;
  }

  async #issue(key: GatewayKey, secret: string): Promise<IssuedKey> {
    return { key: await this.#keep(key), secret };
  }

  async #keep(key: GatewayKey): Promise<GatewayKey> {
    await this.#store.put(key);
    this.#hold(key);
    return key;
  }

  #hold(key: GatewayKey): void {
    this.#held.set(key.id, {
      key,
      hash: Buffer.from(key.hash, 'hex'),
      previous: key.previous === null ? null : Buffer.from(key.previous.hash, 'hex'),
    });
  }
}

function changedLimits(before: Limits, change: LimitChange): Limits {
  const entries = Object.entries({ ...before, ...change });
  return Object.fromEntries(entries.filter(([, most]) => most !== null && most !== undefined));
}
