import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RightsizeError } from '../errors.ts';
import type { Limits } from '../records/limits.ts';
import { completeSettings, type SettingsInput } from '../settings.ts';
import { openStore } from '../storage/open-store.ts';
import type { Store } from '../storage/store.ts';
import type { Ask, Caller, Reservation, Use } from './gatekeeper.ts';
import { openAccess } from './open-access.ts';

const noon = Date.UTC(2026, 10, 25, 12);
const hour = 3_600_000;
const day = 24 * hour;

interface Wanted {
  readonly limits?: Limits;
  readonly settings?: SettingsInput;
  readonly store?: Store;
  readonly at?: number;
}

/** One key of the tenant `shop`, on two clocks that a test moves. */
async function open({ limits = {}, settings = {}, store, at = noon }: Wanted = {}) {
  const time = { at, steadyMs: 5_000 };
  const kept = store ?? (await openStore(':memory:'));
  const access = await openAccess({
    store: kept,
    settings: completeSettings(settings),
    clocks: { now: () => time.at, steady: () => time.steadyMs },
  });
  const callerOf = async (of: Limits, tenant = 'shop') => {
    const { key, secret } = await access.keyring.add({
      name: 'web',
      tenant,
      models: null,
      limits: of,
      expiresAt: null,
    });
    return { id: key.id, caller: access.gate.admit({ authorization: `Bearer ${secret}` }) };
  };
  const { id, caller } = await callerOf(limits);
  const pass = (ms: number) => {
    time.at += ms;
    time.steadyMs += ms;
  };
  return { ...access, id, caller, callerOf, time, pass, store: kept };
}

/** Costs a thousandth of a dollar: 400 tokens in for 0.001, none out. */
const ask: Ask = { model: 'gpt-4o', inputTokens: 400, maxOutputTokens: 0 };
const used: Use = {
  status: 200,
  usage: { inputTokens: 400, outputTokens: 0, cachedInputTokens: null },
  cost: 0.001,
};

interface Gate {
  reserve(caller: Caller, ask: Ask): Reservation;
}

function reserved(gate: Gate, caller: Caller, what: Ask = ask): Reservation | RightsizeError {
  try {
    return gate.reserve(caller, what);
  } catch (error) {
    return error as RightsizeError;
  }
}

function isReservation(given: Reservation | RightsizeError): given is Reservation {
  return 'settle' in given;
}

function admittedOf(count: number, gate: Gate, caller: Caller, what: Ask = ask): readonly Reservation[] {
  return Array.from({ length: count }, () => reserved(gate, caller, what)).filter(isReservation);
}

describe('C21: over a limit', () => {
  it('a request is a 429 `rate_limit_exceeded` that says when to come again', async () => {
    const { gate, caller, pass } = await open({ limits: { requestsPerMinute: 2 } });
    gate.reserve(caller, ask);
    pass(10_000);
    gate.reserve(caller, ask);
    const refusal = reserved(gate, caller);
    expect(refusal).toMatchObject({ code: 'rate_limit_exceeded', status: 429 });
    expect(refusal.headers).toEqual({
      'retry-after': '51',
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '1m1s',
    });
    expect(() => gate.check(caller)).toThrow('limit of 2 requests per minute');
    pass(51_000);
    expect(isReservation(reserved(gate, caller))).toBe(true);
  });

  it('that is back only after minutes, official clients are told not to try by themselves', async () => {
    const { gate, caller } = await open({ limits: { requestsPerDay: 1 } });
    gate.reserve(caller, ask);
    expect(reserved(gate, caller).headers).toMatchObject({ 'x-should-retry': 'false', 'retry-after': '43200' });
  });

  it('of money, it is a 429 `insufficient_quota` that official clients do not try again', async () => {
    const { gate, caller } = await open({ limits: { usdPerDay: 0.002 } });
    for (const one of admittedOf(2, gate, caller)) one.settle(used);
    const refusal = reserved(gate, caller);
    expect(refusal).toMatchObject({ code: 'insufficient_quota', status: 429 });
    expect(refusal.headers).toMatchObject({ 'x-should-retry': 'false' });
    expect(refusal).toMatchObject({ message: expect.stringContaining('budget of $0.002 per day') });
  });

  it('of the tenant, all its keys are refused, and no other tenant', async () => {
    const settings = { limits: { tenants: { shop: { requestsPerMinute: 3 } } } };
    const { gate, caller, callerOf } = await open({ settings });
    const { caller: second } = await callerOf({});
    const { caller: stranger } = await callerOf({}, 'bank');
    expect(admittedOf(2, gate, caller)).toHaveLength(2);
    expect(admittedOf(2, gate, second)).toHaveLength(1);
    expect(reserved(gate, caller)).toMatchObject({ message: expect.stringContaining('tenant `shop`') });
    expect(admittedOf(5, gate, stranger)).toHaveLength(5);
  });

  it('of a tenant that the request names itself, where no key names one', async () => {
    const { gate, keyring } = await openWithoutKeys({ tenants: { default: { requestsPerMinute: 1 } } });
    expect(keyring.isEmpty).toBe(true);
    expect(admittedOf(2, gate, gate.admit({}))).toHaveLength(1);
    expect(admittedOf(3, gate, gate.admit({ 'x-rightsize-tenant': '__proto__' }))).toHaveLength(3);
  });

  async function openWithoutKeys(limits: NonNullable<SettingsInput['limits']>) {
    return openAccess({ store: await openStore(':memory:'), settings: completeSettings({ limits }) });
  }
});

describe('C26: what is left', () => {
  it('stands on every answer as OpenAI writes it, of whichever limit leaves least', async () => {
    const limits = { requestsPerMinute: 10, requestsPerDay: 5, tokensPerMinute: 10_000 };
    const { gate, caller } = await open({ limits });
    expect(gate.reserve(caller, ask).headers).toEqual({
      'x-ratelimit-limit-requests': '5',
      'x-ratelimit-remaining-requests': '4',
      'x-ratelimit-reset-requests': '12h0m0s',
      'x-ratelimit-limit-tokens': '10000',
      'x-ratelimit-remaining-tokens': '9600',
      'x-ratelimit-reset-tokens': '1m1s',
    });
  });

  it('is not spoken of where nothing is limited', async () => {
    const { gate, caller } = await open();
    expect(gate.reserve(caller, ask).headers).toEqual({});
  });
});

describe('C21: models', () => {
  it('that a key is not for are a 403, and a request that hides its model is one too', async () => {
    const { gate, keyring } = await open();
    const { secret } = await keyring.add({ name: 'x', tenant: 't', models: ['a'], limits: {}, expiresAt: null });
    const caller = gate.admit({ authorization: `Bearer ${secret}` });
    expect(isReservation(reserved(gate, caller, { ...ask, model: 'a' }))).toBe(true);
    for (const model of ['b', 'A', null])
      expect(reserved(gate, caller, { ...ask, model })).toMatchObject({ code: 'model_not_allowed', status: 403 });
    expect(isReservation(reserved(gate, caller, { ...ask, model: null, isFree: true }))).toBe(true);
  });
});

describe('R21: what is reserved', () => {
  it('comes back from every end, and a refused request takes nothing', async () => {
    const { gate, caller, id, useOf } = await open({
      limits: { requestsPerDay: 20, tokensPerDay: 100_000, usdPerDay: 1 },
    });
    const ends: readonly ((one: Reservation) => void)[] = [
      (one) => one.settle(used),
      (one) => one.release(),
      (one) => one.settle({ status: 502, usage: null, cost: null }),
      (one) => one.settle({ status: 499, usage: null, cost: null, sentBytes: 0 }),
      (one) => {
        one.release();
        one.settle(used);
        one.release();
      },
    ];
    for (const [index, end] of ends.entries()) {
      const reservation = gate.reserve(caller, ask);
      expect(gate.reservations, `end ${index}`).toBe(1);
      end(reservation);
      expect(gate.reservations, `end ${index}`).toBe(0);
    }
    for (let refused = 0; refused < 1_000; refused++)
      expect(isReservation(reserved(gate, { ...caller, models: [] }))).toBe(false);
    const taken = Object.fromEntries(useOf(id).limitUses.map(({ resource, taken: amount }) => [resource, amount]));
    expect(taken).toEqual({ requests: 3, tokens: 800, usd: 0.002 });
    expect(useOf(id).today).toEqual({ requests: 3, tokens: 800, usd: 0.002, unknown: 1 });
  });

  it('is never more than the limit for requests, and never less than what has ended, whatever comes', async () => {
    const script = fc.array(fc.constantFrom('ask', 'settle', 'release', 'fail', 'wait'), { maxLength: 120 });
    await fc.assert(
      fc.asyncProperty(script, fc.integer({ min: 1, max: 9 }), async (steps, most) => {
        const { gate, caller, id, useOf, pass } = await open({ limits: { requestsPerDay: most } });
        const running: Reservation[] = [];
        let ended = 0;
        for (const step of steps) {
          const [oldest] = running;
          if (step === 'wait') pass(1_000);
          else if (step === 'ask') running.push(...admittedOf(1, gate, caller));
          else if (oldest !== undefined) {
            running.shift();
            if (step === 'release') oldest.release();
            else oldest.settle(step === 'settle' ? used : { status: 500, usage: null, cost: null });
            if (step !== 'release') ended++;
          }
          const [limit] = useOf(id).limitUses;
          expect(limit?.taken).toBe(running.length + ended);
          expect(limit?.taken).toBeLessThanOrEqual(most);
          expect(useOf(id).today.requests).toBe(ended);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('R22: a budget', () => {
  it('at 99 % lets one of 100 parallel requests through, and is overspent by no more than that', async () => {
    const { gate, caller, id, useOf } = await open({ limits: { usdPerDay: 0.1 } });
    for (const one of admittedOf(99, gate, caller)) one.settle(used);
    const running = admittedOf(100, gate, caller, { ...ask, inputTokens: 4_000 });
    expect(running).toHaveLength(1);
    for (const one of running) one.settle({ ...used, cost: 0.01 });
    expect(useOf(id).today.usd).toBeCloseTo(0.109, 9);
    expect(admittedOf(100, gate, caller)).toHaveLength(0);
  });

  it('is overspent by less than one reservation, whatever is asked and in whatever order it ends', async () => {
    const requests = fc.array(fc.record({ tokens: fc.integer({ min: 1, max: 4_000 }), place: fc.nat(50) }), {
      minLength: 1,
      maxLength: 100,
    });
    await fc.assert(
      fc.asyncProperty(requests, async (wanted) => {
        const { gate, caller, id, useOf } = await open({ limits: { usdPerMonth: 0.02 } });
        const running: { readonly one: Reservation; readonly tokens: number }[] = [];
        const settle = ({ one, tokens }: { one: Reservation; tokens: number }) =>
          one.settle({
            status: 200,
            usage: { inputTokens: tokens, outputTokens: 0, cachedInputTokens: 0 },
            cost: (tokens * 2.5) / 1e6,
          });
        for (const { tokens, place } of wanted) {
          for (const one of admittedOf(1, gate, caller, { ...ask, inputTokens: tokens })) running.push({ one, tokens });
          if (place < running.length) for (const ending of running.splice(place, 1)) settle(ending);
        }
        for (const ending of running) settle(ending);
        const largest = Math.max(...wanted.map(({ tokens }) => (tokens * 2.5) / 1e6));
        expect(useOf(id).thisMonth.usd).toBeLessThan(0.02 + largest + 1e-12);
      }),
      { numRuns: 50 },
    );
  });

  it('refuses a model whose price is not known, unless the settings allow it: then it counts as unknown', async () => {
    const unknown = { ...ask, model: 'in-house-7b' };
    const limits = { usdPerDay: 1 };
    const strict = await open({ limits });
    expect(reserved(strict.gate, strict.caller, unknown)).toMatchObject({ code: 'price_unknown', status: 403 });
    const lax = await open({ limits, settings: { limits: { unknownPrice: 'allow' } } });
    lax.gate.reserve(lax.caller, unknown).settle({ ...used, cost: null });
    expect(lax.useOf(lax.id).today).toEqual({ requests: 1, tokens: 400, usd: 0, unknown: 1 });
    const unlimited = await open();
    expect(isReservation(reserved(unlimited.gate, unlimited.caller, unknown))).toBe(true);
  });

  it('reserves for every answer that is asked for, and for no fewer than none', async () => {
    const { gate, caller, id, useOf } = await open({ limits: { tokensPerDay: 1_000_000 } });
    const taken = () => useOf(id).limitUses[0]?.taken;
    gate.reserve(caller, { ...ask, maxOutputTokens: 100, answers: 5 });
    expect(taken()).toBe(900);
    for (const odd of [-1e9, Number.NEGATIVE_INFINITY, Number.NaN, -0.5]) {
      const before = taken() ?? 0;
      gate.reserve(caller, { ...ask, maxOutputTokens: odd, answers: odd }).release();
      const reservation = gate.reserve(caller, { ...ask, maxOutputTokens: odd });
      expect(taken()).toBeGreaterThanOrEqual(before + 400);
      reservation.release();
    }
    expect(taken()).toBe(900);
  });

  it('is not drowned by a request that asks for more tokens than there are numbers', async () => {
    const { gate, caller, id, useOf } = await open({ limits: { tokensPerDay: 1_000 } });
    const running = gate.reserve(caller, ask);
    gate.reserve(caller, ask).settle(used);
    const huge = gate.reserve(caller, { ...ask, maxOutputTokens: 1e308, answers: 1e308 });
    huge.settle(used);
    expect(useOf(id).limitUses[0]?.taken).toBe(1_200);
    running.release();
    expect(useOf(id).limitUses[0]?.taken).toBe(800);
  });

  it('counts what was reserved where an answer does not say what it used', async () => {
    const { gate, caller, id, useOf } = await open({ limits: { usdPerDay: 1 } });
    gate.reserve(caller, { ...ask, maxOutputTokens: null }).settle({ status: 200, usage: null, cost: null });
    expect(useOf(id).today).toMatchObject({ tokens: 1_400, unknown: 1 });
    expect(useOf(id).today.usd).toBeCloseTo(0.011, 9);
  });

  it('counts what an upstream had sent to a caller who hung up, so that hanging up is no way around it', async () => {
    const { gate, caller, id, useOf } = await open({ limits: { usdPerDay: 1 } });
    const reservation = gate.reserve(caller, { ...ask, maxOutputTokens: 1_000 });
    reservation.settle({ status: 499, usage: null, cost: null, sentBytes: 500 * 200 });
    expect(useOf(id).today).toMatchObject({ requests: 1, tokens: 900, unknown: 1 });
    expect(useOf(id).today.usd).toBeCloseTo(0.001 + 500 * 1e-5, 12);
    const unlimited = gate.reserve(caller, { ...ask, maxOutputTokens: null });
    unlimited.settle({ status: 499, usage: null, cost: null, sentBytes: 3_000 * 200 });
    expect(useOf(id).today.tokens).toBe(900 + 400 + 3_000);
  });

  it('goes on after a restart with the sum of what ended; what was reserved is given back', async () => {
    const limits = { usdPerDay: 0.01, requestsPerMonth: 100 };
    const first = await open({ limits });
    const records = Array.from({ length: 7 }, (_, index) => ({ ...used, cost: 0.001 + index / 1e6 }));
    for (const record of records) first.gate.reserve(first.caller, ask).settle(record);
    const hanging = first.gate.reserve(first.caller, { ...ask, inputTokens: 400_000 });
    expect(admittedOf(1, first.gate, first.caller)).toHaveLength(0);
    await first.close();
    const second = await open({ store: first.store });
    const { today, limitUses } = second.useOf(first.id);
    const sum = records.reduce((total, { cost }) => total + cost, 0);
    expect(today.requests).toBe(records.length);
    expect(today.usd).toBeCloseTo(sum, 12);
    expect(limitUses.find(({ resource }) => resource === 'usd')?.taken).toBeCloseTo(sum, 12);
    const [tenant] = await first.store.spending.list({ subject: 'tenant:shop', periods: ['2026-11'] });
    expect(tenant).toMatchObject({ requests: records.length, unknown: 0 });
    hanging.settle(used);
    await first.close();
    const third = await open({ store: first.store });
    expect(third.useOf(first.id).thisMonth.requests).toBe(records.length + 1);
  });

  it('is kept for later where the store does not take it', async () => {
    const store = await openStore(':memory:');
    const problems: unknown[] = [];
    let isBroken = true;
    const spending = {
      list: (filter: object) => store.spending.list(filter),
      add: (spendings: Parameters<typeof store.spending.add>[0]) =>
        isBroken ? Promise.reject(new Error('disk full')) : store.spending.add(spendings),
    };
    const access = await openAccess({
      store: { keys: store.keys, spending },
      settings: completeSettings(),
      onProblem: (problem) => void problems.push(problem),
    });
    const { secret } = await access.keyring.add({ name: 'k', tenant: 't', models: null, limits: {}, expiresAt: null });
    const caller = access.gate.admit({ authorization: `Bearer ${secret}` });
    access.gate.reserve(caller, ask).settle(used);
    await access.close();
    expect(problems).toHaveLength(1);
    isBroken = false;
    access.gate.reserve(caller, ask).settle(used);
    await access.close();
    const rows = await store.spending.list({ subject: 'tenant:t' });
    expect(rows.map(({ requests }) => requests)).toEqual([2, 2]);
  });
});

describe('R29: a clock that jumps', () => {
  it('neither opens nor closes a minute', async () => {
    const { gate, caller, time, pass } = await open({ limits: { requestsPerMinute: 1 } });
    gate.reserve(caller, ask);
    for (const jump of [hour, -2 * hour, day, -40 * day]) {
      time.at += jump;
      expect(isReservation(reserved(gate, caller))).toBe(false);
    }
    time.at -= 5 * hour;
    pass(61_000);
    expect(isReservation(reserved(gate, caller))).toBe(true);
  });

  it('over midnight and back finds the count of either day: no day is spent twice', async () => {
    const { gate, caller, time } = await open({ limits: { requestsPerDay: 2 }, at: noon + 11.5 * hour });
    expect(admittedOf(3, gate, caller)).toHaveLength(2);
    time.at += hour;
    expect(admittedOf(1, gate, caller)).toHaveLength(1);
    time.at -= hour;
    expect(admittedOf(3, gate, caller)).toHaveLength(0);
    time.at += hour;
    expect(admittedOf(3, gate, caller)).toHaveLength(1);
  });

  it('spends no day twice, whatever the jumps, also over a restart', async () => {
    const jumps = fc.array(fc.integer({ min: -26, max: 26 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(jumps, async (hours) => {
        const { gate, caller, time, store, close } = await open({ limits: { requestsPerDay: 2 } });
        const start = time.at;
        const perDay = new Map<string, number>();
        for (const jump of hours) {
          time.at = start + jump * hour;
          for (const one of admittedOf(3, gate, caller)) {
            const name = new Date(time.at).toISOString().slice(0, 10);
            perDay.set(name, (perDay.get(name) ?? 0) + 1);
            one.settle(used);
          }
        }
        for (const count of perDay.values()) expect(count).toBeLessThanOrEqual(2);
        await close();
        const rows = (await store.spending.list()).filter(
          ({ subject, period }) => subject.startsWith('key:') && perDay.has(period),
        );
        expect(Object.fromEntries(rows.map(({ period, requests }) => [period, requests]))).toEqual(
          Object.fromEntries(perDay),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('a day has 24 hours where clocks are put back, and a leap year its 29 February', async () => {
    const berlin = await open({ limits: { requestsPerDay: 1 }, at: Date.UTC(2026, 9, 25, 0, 30) });
    berlin.gate.reserve(berlin.caller, ask);
    expect(reserved(berlin.gate, berlin.caller).headers).toMatchObject({ 'retry-after': String(23.5 * 3_600) });
    const leap = await open({ limits: { requestsPerDay: 1, requestsPerMonth: 2 }, at: Date.UTC(2028, 1, 28, 12) });
    leap.gate.reserve(leap.caller, ask);
    leap.pass(day);
    leap.gate.reserve(leap.caller, ask);
    expect(leap.useOf(leap.id).limitUses.map(({ resetsAt }) => resetsAt)).toEqual([
      '2028-03-01T00:00:00.000Z',
      '2028-03-01T00:00:00.000Z',
    ]);
    leap.pass(day);
    expect(isReservation(reserved(leap.gate, leap.caller))).toBe(true);
  });
});

describe('other limits for a tenant', () => {
  it('hold from the next request on, and what was used before counts', async () => {
    const { gate, caller, gateUnder, keyring, id } = await open({
      settings: { limits: { tenants: { shop: { requestsPerDay: 5, requestsPerMinute: 5 } } } },
    });
    const before = admittedOf(4, gate, caller);
    const next = gateUnder(completeSettings({ limits: { tenants: { shop: { requestsPerDay: 5 } } } }));
    expect(keyring.get(id).tenant).toBe('shop');
    for (const one of before) one.settle(used);
    expect(next.metersOf(keyring.get(id))).toHaveLength(2);
    const key = await keyring.rotate(id);
    const again = next.admit({ authorization: `Bearer ${key.secret}` });
    expect(admittedOf(3, next, again)).toHaveLength(1);
  });
});
