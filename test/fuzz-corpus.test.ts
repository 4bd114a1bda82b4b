import type { Server } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningInstallation, startInstallation } from '../src/server/start-installation.ts';
import { completeSettings } from '../src/settings.ts';
import { type Attack, hostileBodies, smugglings } from './fuzz/attacks.ts';
import { faultOfSeed, fuzzSettings, fuzzUpstream } from './fuzz/fuzz-case.ts';
import { faultOf, readAnswers } from './fuzz/judge-answers.ts';
import { createOddUpstream } from './fuzz/odd-upstream.ts';
import { rawExchange } from './fuzz/raw-exchange.ts';
import { completion, listen, type ScriptedUpstream, sendJson, shut, startUpstream } from './scripted-upstream.ts';

/** Seeds that once found something stand first. */
const seeds = [1, 97, 130, 142, 144, 62, 434, 1069, 5879, ...Array.from({ length: 400 }, (_, i) => 100_000 + i)];

function start(baseUrl: string): Promise<RunningInstallation> {
  const settings = completeSettings({
    ...fuzzSettings,
    data: ':memory:',
    connections: { headersTimeoutMs: 400, requestTimeoutMs: 600 },
    upstream: { ...fuzzUpstream, baseUrl },
  });
  return startInstallation({ settings, version: '0.0.0' });
}

function portOf({ origin }: RunningInstallation): number {
  return Number(new URL(origin).port);
}

describe('under generated and mutated requests and answers, the gateway', () => {
  let upstream: Server;
  let gateway: RunningInstallation;

  beforeAll(async () => {
    upstream = createOddUpstream();
    gateway = await start(`${await listen(upstream)}/v1`);
  });

  afterAll(async () => {
    await gateway.stop();
    await shut(upstream);
  });

  it('answers within a second, and every error is an error object', async () => {
    const faults: { seed: number; fault: string | null }[] = [];
    const waiting = [...seeds];
    const caller = async () => {
      for (let seed = waiting.pop(); seed !== undefined; seed = waiting.pop())
        faults.push({ seed, fault: await faultOfSeed(seed, portOf(gateway)) });
    };
    await Promise.all(Array.from({ length: 64 }, caller));
    expect(faults.filter(({ fault }) => fault !== null)).toEqual([]);
  });
});

describe('under known attacks, the gateway', () => {
  let upstream: ScriptedUpstream;
  let gateway: RunningInstallation;

  beforeAll(async () => {
    upstream = await startUpstream((response) => sendJson(response, 200, completion('yes')));
    gateway = await start(upstream.baseUrl);
  });

  afterAll(async () => {
    await gateway.stop();
    await upstream.close();
  });

  async function answer({ request }: Attack): Promise<readonly (number | 'cut')[]> {
    const { bytes, isHung } = await rawExchange({
      port: portOf(gateway),
      pieces: [request],
      quietMs: 900,
      patienceMs: 1_000,
    });
    expect(isHung).toBe(false);
    const answers = readAnswers(bytes);
    expect(answers.map(faultOf)).toEqual(answers.map(() => null));
    return answers.length === 0 ? ['cut'] : answers.map(({ status }) => status);
  }

  it.each(smugglings.map((attack) => [attack.what, attack] as const))('reads no request into %s', async (_, attack) => {
    const statuses = await answer(attack);
    expect(statuses).toHaveLength(1);
    expect(attack.expected).toContain(statuses[0]);
  });

  it.each(hostileBodies.map((attack) => [attack.what, attack] as const))('survives %s', async (_, attack) => {
    expect(attack.expected).toContain((await answer(attack))[0]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('cuts who sends a byte now and then', async () => {
    const pieces = [Buffer.from('POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\n')];
    const { bytes, durationMs } = await rawExchange({ port: portOf(gateway), pieces, quietMs: 5_000, patienceMs: 10 });
    expect(readAnswers(bytes).map(({ status }) => status)).toEqual([408]);
    expect(durationMs).toBeLessThan(2_000);
  });

  it('answers others while thousands of connections rest', async () => {
    const { port } = new URL(gateway.origin);
    const resting = Array.from({ length: 2_000 }, () => connect(Number(port), '127.0.0.1').on('error', () => {}));
    const startedAt = performance.now();
    const response = await fetch(`${gateway.origin}/readyz`);
    expect(response.status).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    for (const socket of resting) socket.destroy();
  });
});
