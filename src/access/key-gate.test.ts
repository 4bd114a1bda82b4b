import type { IncomingHttpHeaders } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completeSettings, type SettingsInput } from '../settings.ts';
import { openStore } from '../storage/open-store.ts';
import type { Store } from '../storage/store.ts';
import type { KeyWish } from './keyring.ts';
import { openAccess } from './open-access.ts';

const noon = Date.UTC(2026, 10, 25, 12);
const plain: KeyWish = { name: 'web', tenant: 'shop', models: null, limits: {}, expiresAt: null };

async function open(settings: SettingsInput = {}, store?: Store) {
  const time = { at: noon };
  const kept = store ?? (await openStore(':memory:'));
  const clocks = { now: () => time.at, steady: () => time.at - noon };
  return { ...(await openAccess({ store: kept, settings: completeSettings(settings), clocks })), time, store: kept };
}

const refused = expect.objectContaining({ code: 'invalid_api_key', status: 401 });

function admits(gate: { admit(headers: object): unknown }, headers: object): boolean {
  try {
    gate.admit(headers);
    return true;
  } catch (error) {
    expect(error).toEqual(refused);
    return false;
  }
}

describe('S1: a key is looked up', () => {
  it('in the headers of OpenAI, Anthropic and Azure clients, and gives tenant and models', async () => {
    const { gate, keyring } = await open();
    const { key, secret } = await keyring.add({ ...plain, models: ['gpt-4o'] });
    const known = expect.objectContaining({ key: key.id, tenant: 'shop', models: ['gpt-4o'] });
    expect(gate.admit({ authorization: `Bearer ${secret}` })).toEqual(known);
    expect(gate.admit({ authorization: `bearer  ${secret} ` })).toEqual(known);
    expect(gate.admit({ 'x-api-key': secret })).toEqual(known);
    expect(gate.admit({ 'api-key': secret })).toEqual(known);
  });

  it('and every other text, with quotes, NUL, Unicode or a megabyte of it, is a 401', async () => {
    const { gate, keyring } = await open();
    const { secret, key } = await keyring.add(plain);
    const odd = [
      '',
      'Bearer',
      'Bearer ',
      `Bearer ${secret}x`,
      `Bearer ${secret.slice(0, -1)}`,
      `Basic ${secret}`,
      `Bearer ${secret} ${secret}`,
      `Bearer ${secret.toUpperCase()}`,
      `Bearer rsk_${key.id}_' OR '1'='1`,
      `Bearer rsk_" OR ""="_${'0'.repeat(48)}`,
      `Bearer ${secret}\u0000`,
      `Bearer \u0000${secret}`,
      'Bearer rsk___proto___',
      'Bearer rsk_constructor',
      `Bearer ${'é👍'.repeat(1_000)}`,
      `Bearer ${'a'.repeat(1_048_576)}`,
      `Bearer rsk_${key.id}_${'0'.repeat(1_048_576)}`,
      `Bearer ${' '.repeat(1_048_576)}x`,
    ];
    for (const text of odd) {
      const startedAt = performance.now();
      expect(admits(gate, { authorization: text })).toBe(false);
      expect(admits(gate, { 'x-api-key': text.replace('Bearer ', ''), 'api-key': text })).toBe(false);
      expect(performance.now() - startedAt).toBeLessThan(500);
    }
    expect(admits(gate, {})).toBe(false);
  });

  it('and no generated text is let in', async () => {
    const { gate, keyring } = await open();
    const { secret } = await keyring.add(plain);
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string().map((tail) => `rsk_${tail}`),
      fc.nat(secret.length - 1).map((place) => `${secret.slice(0, place)}~${secret.slice(place + 1)}`),
    );
    fc.assert(
      fc.property(text, (given) => {
        expect(admits(gate, { authorization: `Bearer ${given}`, 'x-api-key': given, 'api-key': given })).toBe(false);
      }),
    );
  });
});

describe('S2: keys', () => {
  it('are stored without their secrets, which are told once', async () => {
    const { keyring, store } = await open();
    const { key, secret } = await keyring.add(plain);
    expect(secret).toMatch(new RegExp(`^rsk_${key.id}_[0-9a-f]{48}$`));
    const stored = JSON.stringify(await store.keys.list());
    expect(stored).toContain(key.id);
    expect(stored).not.toContain(secret);
    expect(stored).not.toContain(secret.split('_')[2]);
  });

  it('of one id and another secret do not open: the whole secret is compared', async () => {
    const { gate, keyring } = await open();
    const one = await keyring.add(plain);
    const other = await keyring.add(plain);
    const crossed = `rsk_${one.key.id}_${other.secret.split('_')[2]}`;
    expect(admits(gate, { authorization: `Bearer ${crossed}` })).toBe(false);
  });

  it('end at once when they are revoked, also for callers known before', async () => {
    const { gate, keyring } = await open();
    const { key, secret } = await keyring.add(plain);
    const headers = { authorization: `Bearer ${secret}` };
    expect(admits(gate, headers)).toBe(true);
    await keyring.revoke(key.id);
    expect(() => gate.admit(headers)).toThrow('is revoked');
    await expect(keyring.rotate(key.id)).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await keyring.revoke(key.id)).toMatchObject({ revokedAt: noon });
  });

  it('leave the gate closed when the last of them is revoked', async () => {
    const { gate, keyring } = await open();
    expect(gate.isOpen).toBe(true);
    const { key } = await keyring.add(plain);
    await keyring.revoke(key.id);
    expect(gate.isOpen).toBe(false);
    expect(admits(gate, {})).toBe(false);
  });

  it('end when they expire', async () => {
    const { gate, keyring, time } = await open();
    const { secret } = await keyring.add({ ...plain, expiresAt: noon + 1_000 });
    const headers = { authorization: `Bearer ${secret}` };
    time.at = noon + 999;
    expect(admits(gate, headers)).toBe(true);
    time.at = noon + 1_000;
    expect(() => gate.admit(headers)).toThrow('expired at 2026-11-25T12:00:01.000Z');
  });

  it('get another secret by rotation, and keep the old one only as long as was said', async () => {
    const { gate, keyring, time } = await open();
    const first = await keyring.add(plain);
    const second = await keyring.rotate(first.key.id, 60_000);
    expect(admits(gate, { 'x-api-key': first.secret })).toBe(true);
    expect(admits(gate, { 'x-api-key': second.secret })).toBe(true);
    time.at += 60_000;
    expect(admits(gate, { 'x-api-key': first.secret })).toBe(false);
    const third = await keyring.rotate(first.key.id);
    expect(admits(gate, { 'x-api-key': second.secret })).toBe(false);
    expect(admits(gate, { 'x-api-key': third.secret })).toBe(true);
  });

  it('are found again after a restart', async () => {
    const { keyring, store } = await open();
    const { secret } = await keyring.add(plain);
    const again = await open({}, store);
    expect(again.gate.isOpen).toBe(false);
    expect(admits(again.gate, { authorization: `Bearer ${secret}` })).toBe(true);
  });

  it('that do not exist are said not to', async () => {
    const { keyring, useOf } = await open();
    await expect(keyring.revoke('__proto__')).rejects.toMatchObject({ code: 'key_not_found', status: 404 });
    expect(() => useOf('x')).toThrow('no key `x`');
  });
});

describe('C29: keys of this gateway end here', () => {
  it('in whichever headers they come; keys of an upstream beside them travel on', async () => {
    const { gate, keyring } = await open();
    const { secret } = await keyring.add(plain);
    const other = await keyring.add(plain);
    const own = (headers: IncomingHttpHeaders) => gate.admit(headers).keyHeaders;
    expect(own({ authorization: `Bearer ${secret}` })).toEqual(['authorization']);
    expect(own({ 'x-api-key': secret, authorization: 'Bearer sk-upstream' })).toEqual(['x-api-key']);
    expect(own({ 'x-api-key': secret, authorization: `Bearer ${secret}` })).toEqual(['authorization', 'x-api-key']);
    await keyring.revoke(other.key.id);
    expect(own({ authorization: `Bearer ${other.secret}`, 'api-key': secret })).toEqual(['authorization', 'api-key']);
  });
});

describe('S7: the admin key and the keys of callers', () => {
  const settings = { keys: { admin: { env: 'GATE_ADMIN' }, callers: { env: 'GATE_CALLERS' } } };
  const { callers: _, ...adminOnly } = settings.keys;

  it('are never the same', async () => {
    Object.assign(process.env, { GATE_ADMIN: 'one-key', GATE_CALLERS: 'one-key' });
    await expect(open(settings)).rejects.toMatchObject({ code: 'invalid_setting' });
  });

  it('do not open each other, whether callers need a key or not', async () => {
    Object.assign(process.env, { GATE_ADMIN: 'admin-key', GATE_CALLERS: 'callers-key' });
    const closed = await open(settings);
    expect(admits(closed.gate, { authorization: 'Bearer admin-key' })).toBe(false);
    expect(admits(closed.gate, { authorization: 'Bearer callers-key' })).toBe(true);
    const loopback = await open({ keys: adminOnly });
    expect(loopback.gate.isOpen).toBe(true);
    expect(admits(loopback.gate, { authorization: 'Bearer admin-key' })).toBe(false);
    expect(admits(loopback.gate, { 'x-api-key': 'admin-key' })).toBe(false);
    expect(admits(loopback.gate, { authorization: 'Bearer sk-upstream' })).toBe(true);
    expect(admits(loopback.gate, {})).toBe(true);
  });

  it('the one of `keys.callers` works beside stored keys', async () => {
    Object.assign(process.env, { GATE_ADMIN: 'admin-key', GATE_CALLERS: 'callers-key' });
    const { gate, keyring } = await open(settings);
    const { secret } = await keyring.add(plain);
    expect(gate.admit({ 'api-key': 'callers-key' })).toMatchObject({
      key: null,
      tenant: null,
      keyHeaders: ['api-key'],
    });
    expect(gate.admit({ authorization: `Bearer ${secret}` })).toMatchObject({ tenant: 'shop' });
    expect(admits(gate, { authorization: 'Bearer other' })).toBe(false);
  });
});
