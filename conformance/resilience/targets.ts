import { equal, match, ok } from 'node:assert/strict';
import { chat, completion } from '../bodies.ts';
import type { Check } from '../check.ts';
import { ask, pause } from '../client.ts';
import { expectError } from '../expect-error.ts';
import { metric } from './facts.ts';
import { alias, withFleet } from './with-fleet.ts';

const ours = 'it needs two deployments';
const down = { error: { message: 'down', type: 'server_error', param: null, code: 'down' } };
const limit = { error: { message: 'slow', type: 'requests', param: null, code: 'rate_limit_exceeded' } };
const breaker = { breaker: { failures: 5, openMs: 1_000 } };

/** R12, R13. */
export const targetChecks: readonly Check[] = [
  {
    number: 'R12',
    title: 'five failures in a row open the breaker, then nothing is sent there; half-open lets one call through',
    ours,
    async run(context) {
      await withFleet(context, { upstream: breaker, model: { retries: 0 } }, async ({ gateway, first, second }) => {
        const body = { ...chat(context), model: alias };
        first.script = (reply) => reply.json(503, down);
        second.script = (reply) => reply.json(200, completion('second'));
        for (let call = 0; call < 5; call++) equal((await ask(gateway, { body })).status, 200);
        equal(first.requests.length, 5);
        for (let call = 0; call < 5; call++) equal((await ask(gateway, { body })).status, 200);
        equal(first.requests.length, 5, 'an open target was asked');
        await pause(1_050);
        first.script = async (reply) => {
          await pause(200);
          reply.json(503, down);
        };
        await Promise.all(Array.from({ length: 8 }, () => ask(gateway, { body })));
        equal(first.requests.length, 6, 'half-open lets one call through');
        await pause(1_050);
        first.script = (reply) => reply.json(200, completion('first'));
        await ask(gateway, { body });
        match((await ask(gateway, { body })).text, /first/);
      });
    },
  },
  {
    number: 'R12',
    title: '429 opens no breaker, but lets that key rest',
    ours,
    async run(context) {
      await withFleet(context, { upstream: breaker, model: { retries: 0 } }, async ({ gateway, first, second }) => {
        const body = { ...chat(context), model: alias };
        second.script = (reply) => reply.json(200, completion('second'));
        first.script = (reply) => reply.json(429, limit, { 'retry-after-ms': '300' });
        for (let turn = 0; turn < 6; turn++) {
          equal((await ask(gateway, { body })).status, 200);
          equal((await ask(gateway, { body })).status, 200);
          equal(first.requests.length, turn + 1, 'a resting target was asked');
          await pause(330);
        }
        first.script = (reply) => reply.json(200, completion('first'));
        match((await ask(gateway, { body })).text, /first/);
      });
    },
  },
  {
    number: 'R12',
    title: 'its state is among the metrics',
    ours,
    async run(context) {
      await withFleet(context, { upstream: breaker, model: { retries: 0 } }, async ({ gateway, first, second }) => {
        first.script = (reply) => reply.json(503, down);
        second.script = (reply) => reply.json(200, completion('second'));
        for (let call = 0; call < 5; call++) await ask(gateway, { body: { ...chat(context), model: alias } });
        equal(await metric(gateway, 'rightsize_deployment_state', 'state="open"'), 1);
      });
    },
  },
  {
    number: 'R13',
    title: 'when all targets rest, the caller gets 429 or 503 at once, with the time to wait',
    ours,
    async run(context) {
      await withFleet(context, { model: { retries: 0 } }, async ({ gateway, first, second }) => {
        const body = { ...chat(context), model: alias };
        for (const upstream of [first, second])
          upstream.script = (reply) => reply.json(429, limit, { 'retry-after': '20' });
        await ask(gateway, { body });
        const startedAt = performance.now();
        const reply = await ask(gateway, { body });
        ok(performance.now() - startedAt < 500, 'it waited');
        ok(reply.status === 429 || reply.status === 503, `status ${reply.status}`);
        expectError(reply, { status: reply.status });
        const wait = Number(reply.headers['retry-after']);
        ok(wait > 0 && wait <= 20, `retry-after ${reply.headers['retry-after']}`);
        equal(first.requests.length + second.requests.length, 2);
      });
    },
  },
];
