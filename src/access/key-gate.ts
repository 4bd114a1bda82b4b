import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { RightsizeError } from '../errors.ts';
import type { Limits } from '../records/limits.ts';
import type { Settings } from '../settings.ts';
import type { GatewayKey } from '../storage/key-store.ts';
import { dearestPrice } from './dearest-price.ts';
import { Estimator } from './estimator.ts';
import type { Ask, Caller, Gatekeeper, Reservation } from './gatekeeper.ts';
import { type KeyHeader, keyHeaders, keyIn } from './key-headers.ts';
import { hashSecret, secretPrefix } from './key-secret.ts';
import type { Keyring } from './keyring.ts';
import { limitHeaders, refuseExhausted } from './limit-headers.ts';
import type { Meter } from './meter.ts';
import type { Meters } from './meters.ts';
import { HeldReservation } from './reservation.ts';

export interface KeyGateOptions {
  readonly keyring: Keyring;
  readonly meters: Meters;
  /** The one key of `keys.callers`; null where there is none. */
  readonly callersKey: string | null;
  /** Opens the admin API, and never this gate; null where there is none. */
  readonly adminKey: string | null;
  readonly limits: Settings['limits'];
  /** Whose prices budgets reserve by. */
  readonly models: Settings['models'];
}

/** A caller with the meters that count what it uses. */
interface MeteredCaller extends Caller {
  readonly meters: readonly Meter[];
}

const anybody: MeteredCaller = { key: null, tenant: null, models: null, keyHeaders: [], meters: [] };
const alone: Readonly<Record<KeyHeader, readonly KeyHeader[]>> = {
  authorization: ['authorization'],
  'x-api-key': ['x-api-key'],
  'api-key': ['api-key'],
};
const longestTenant = 200;

/**
 * Lets in who holds a key, and reserves in the limits of the key and of its tenant. Whatever it needs is in memory. Without
 * any key it lets in everybody, which is why such a server listens on loopback alone.
 */
export class KeyGate implements Gatekeeper {
  readonly #keyring: Keyring;
  readonly #meters: Meters;
  readonly #estimator: Estimator;
  readonly #tenantLimits: Readonly<Record<string, Limits>>;
  readonly #hasTenantLimits: boolean;
  readonly #callersHash: Buffer | null;
  readonly #adminHash: Buffer | null;
  readonly #callers = new Map<string, { readonly key: GatewayKey; readonly caller: MeteredCaller }>();
  readonly #tenants = new Map<string, Meter>();
  #reservations = 0;

  /** Throws `invalid_setting` where one key would open both doors. */
  constructor({ keyring, meters, callersKey, adminKey, limits, models }: KeyGateOptions) {
    if (callersKey !== null && callersKey === adminKey)
      throw new RightsizeError('invalid_setting', '`keys.admin` and `keys.callers` name the same key.', {
        remedy: 'Give them different keys: who may call is not who may change everything.',
      });
    this.#keyring = keyring;
    this.#meters = meters;
    this.#estimator = new Estimator({ ...limits, priceOf: (model) => dearestPrice(models, model) });
    this.#tenantLimits = limits.tenants;
    this.#hasTenantLimits = Object.keys(limits.tenants).length > 0;
    this.#callersHash = callersKey === null ? null : hashSecret(callersKey);
    this.#adminHash = adminKey === null ? null : hashSecret(adminKey);
  }

  /** Whether everybody is let in. */
  get isOpen(): boolean {
    return this.#callersHash === null && this.#keyring.isEmpty;
  }

  /** Reservations of requests that are being answered. */
  get reservations(): number {
    return this.#reservations;
  }

  admit(headers: IncomingHttpHeaders): Caller {
    if (this.isOpen) return this.#admitAnybody(headers);
    let admitted: MeteredCaller | null = null;
    let own: readonly KeyHeader[] = anybody.keyHeaders;
    let refusal: unknown = null;
    for (const header of keyHeaders) {
      const secret = keyIn(headers, header);
      if (secret === null) continue;
      try {
        const caller = this.#recognise(secret, headers);
        if (caller === null) continue;
        admitted ??= caller;
      } catch (error) {
        refusal ??= error;
      }
      own = own.length === 0 ? alone[header] : [...own, header];
    }
    if (admitted === null) throw refusal ?? unknownKey();
    return own === admitted.keyHeaders ? admitted : { ...admitted, keyHeaders: own };
  }

  check(caller: Caller): void {
    const moment = this.#meters.moment();
    for (const meter of metersOf(caller)) refuseExhausted(meter, moment);
  }

  reserve(caller: Caller, ask: Ask): Reservation {
    const isFree = ask.isFree === true;
    if (!isFree) refuseModel(caller, ask.model);
    const meters = metersOf(caller);
    const moment = this.#meters.moment();
    for (const meter of meters) refuseExhausted(meter, moment);
    const estimate = this.#estimator.estimate(
      ask,
      meters.some((meter) => meter.limits('usd')),
    );
    const holds = meters.map((meter) => ({ meter, hold: meter.take(estimate.amounts, moment) }));
    this.#reservations++;
    return new HeldReservation({
      holds,
      estimate,
      isFree,
      headers: limitHeaders(meters, moment),
      meters: this.#meters,
      onEnd: () => this.#reservations--,
    });
  }

  /** The meters of a key, whether it has called yet or not. */
  metersOf(key: GatewayKey): readonly Meter[] {
    return this.#callerOf(key).meters;
  }

  /** Null where the text is no key of this gateway. Throws `invalid_api_key`. */
  #recognise(secret: string, headers: IncomingHttpHeaders): MeteredCaller | null {
    const hash = hashSecret(secret);
    if (this.#callersHash !== null && timingSafeEqual(hash, this.#callersHash)) return this.#anonymous(headers);
    return secret.startsWith(secretPrefix) ? this.#callerOf(this.#keyring.recognise(secret, hash)) : null;
  }

  /** Where everybody is let in, keys that open other doors must still not travel on to an upstream. */
  #admitAnybody(headers: IncomingHttpHeaders): Caller {
    for (const header of keyHeaders) {
      const secret = keyIn(headers, header);
      if (secret === null) continue;
      const isAdmins = this.#adminHash !== null && timingSafeEqual(hashSecret(secret), this.#adminHash);
      if (isAdmins || secret.startsWith(secretPrefix)) throw unknownKey();
    }
    return this.#anonymous(headers);
  }

  /** A key is another object when it has changed. */
  #callerOf(key: GatewayKey): MeteredCaller {
    const known = this.#callers.get(key.id);
    if (known?.key === key) return known.caller;
    const { id, name, tenant, models, limits } = key;
    const meter = this.#meters.of({ kind: 'key', id, name }, limits);
    const meters = [meter, this.#tenantMeter(tenant)];
    const caller = { key: id, tenant, models, keyHeaders: alone.authorization, meters };
    this.#callers.set(id, { key, caller });
    return caller;
  }

  /** Whoever has no key of its own may name any tenant: only those with limits are counted. */
  #anonymous(headers: IncomingHttpHeaders): MeteredCaller {
    if (!this.#hasTenantLimits) return anybody;
    const named = headers['x-rightsize-tenant'];
    const tenant = (typeof named === 'string' ? named.trim().slice(0, longestTenant) : '') || 'default';
    if (!Object.hasOwn(this.#tenantLimits, tenant)) return anybody;
    return { ...anybody, tenant, meters: [this.#tenantMeter(tenant)] };
  }

  #tenantMeter(tenant: string): Meter {
    const known = this.#tenants.get(tenant);
    if (known !== undefined) return known;
    const limits = Object.hasOwn(this.#tenantLimits, tenant) ? this.#tenantLimits[tenant] : undefined;
    const meter = this.#meters.of({ kind: 'tenant', id: tenant, name: tenant }, limits ?? {});
    this.#tenants.set(tenant, meter);
    return meter;
  }
}

function metersOf(caller: Caller): readonly Meter[] {
  return 'meters' in caller ? (caller as MeteredCaller).meters : [];
}

function unknownKey(): RightsizeError {
  return new RightsizeError('invalid_api_key', 'The request carries no key of this gateway.');
}

/** Where a request hides its model, a key for some models alone does not open. Throws `model_not_allowed`. */
function refuseModel({ models }: Caller, model: string | null): void {
  if (models === null || (model !== null && models.includes(model))) return;
  throw new RightsizeError(
    'model_not_allowed',
    model === null
      ? 'This key is for some models alone, and the request names none.'
      : `This key is not for \`${model}\`.`,
  );
}
