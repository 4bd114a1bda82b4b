/**
 * CPU that keys, limits and budgets add to a request: `npx tsx bench/access.ts`. One thread, no network; a key with three
 * limits whose tenant has two, a key without any, and an open gateway.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { type Access, openAccess } from '../src/access/open-access.ts';
import { completeSettings, type SettingsInput } from '../src/settings.ts';
import { openStore } from '../src/storage/open-store.ts';

const rounds = 7;
const times = 50_000;
const ask = { model: 'gpt-4o', inputTokens: 225, maxOutputTokens: 50 };
const use = { status: 200, usage: { inputTokens: 200, outputTokens: 20, cachedInputTokens: null }, cost: 0.0007 };

async function open(settings: SettingsInput = {}): Promise<Access> {
  return openAccess({ store: await openStore(':memory:'), settings: completeSettings(settings) });
}

async function keyOf({ keyring }: Access, limits: object): Promise<IncomingHttpHeaders> {
  const { secret } = await keyring.add({ name: 'k', tenant: 'shop', models: ['gpt-4o'], limits, expiresAt: null });
  return { authorization: `Bearer ${secret}`, 'content-type': 'application/json', 'content-length': '900' };
}

/** Median over rounds, in microseconds of CPU. */
function measure(what: string, work: () => void): void {
  const each = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage();
    for (let time = 0; time < times; time++) work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / times;
  }).sort((a, b) => a - b);
  console.log(`${what.padEnd(36)} ${each[rounds >> 1]?.toFixed(2)} µs`);
}

function measureGate(name: string, { gate }: Access, headers: IncomingHttpHeaders): void {
  const caller = gate.admit(headers);
  measure(`${name}: admit`, () => void gate.admit(headers));
  measure(`${name}: check`, () => gate.check(caller));
  measure(`${name}: reserve, settle`, () => gate.reserve(caller, ask).settle(use));
  measure(`${name}: all of a request`, () => {
    const known = gate.admit(headers);
    gate.check(known);
    gate.reserve(known, ask).settle(use);
  });
}

const tenants = { shop: { requestsPerMinute: 1e9, usdPerMonth: 1e9 } };
const limited = await open({ limits: { tenants } });
const limits = { requestsPerMinute: 1e9, tokensPerMinute: 1e12, usdPerDay: 1e6 };
measureGate('five limits', limited, await keyOf(limited, limits));
const unlimited = await open();
measureGate('no limits', unlimited, await keyOf(unlimited, {}));
measureGate('open', await open(), {});
