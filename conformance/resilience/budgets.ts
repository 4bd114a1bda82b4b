import { equal, ok, throws } from 'node:assert/strict';
import { openAccess } from '../../src/access/open-access.ts';
import { completeSettings } from '../../src/settings.ts';
import { openStore } from '../../src/storage/open-store.ts';
import { chat, completion } from '../bodies.ts';
import type { Check } from '../check.ts';
import { ask, pause } from '../client.ts';
import { addKey, bearer } from '../our-keys.ts';

const model = 'gpt-4o-mini';
/** Of the scripted completion, at the price of the model. */
const tenCents = { prompt_tokens: 0, completion_tokens: 166_667, total_tokens: 166_667 };

/** R22, R24, R29: budgets, repeated requests, clocks. */
export const budgetChecks: readonly Check[] = [
  {
    number: 'R22',
    title: '100 parallel requests at 99 % of a budget overspend it by at most one of them',
    ours: 'budgets are its own',
    async run({ startOurs }) {
      const ours = await startOurs();
      ours.upstream.script = async (reply) => {
        await pause(50);
        reply.json(200, completion('ok', { model, usage: tenCents }));
      };
      const key = await addKey(ours, { limits: { usdPerDay: 0.101 } });
      const body = chat({ model }, { max_tokens: 166_667 });
      equal((await ask(ours, { body, headers: bearer(key) })).status, 200);
      const replies = await Promise.all(
        Array.from({ length: 100 }, () => ask(ours, { body, headers: bearer(key) }).then(({ status }) => status)),
      );
      const admitted = replies.filter((status) => status === 200).length;
      equal(admitted, 1, `${admitted} of 100 were let in`);
      equal(replies.filter((status) => status === 429).length, 99);
      equal(ours.upstream.requests.length, 2);
      const use = await ask(ours, { method: 'GET', path: `/admin/v1/keys/${key.id}`, headers: { authorization: '' } });
      ok(Math.abs(use.json.today.usd - 0.2) < 0.001, `counted $${use.json.today.usd}, spent $0.20`);
      equal(use.json.today.requests, 2);
    },
  },
  {
    number: 'R24',
    title: 'a request repeated with its idempotency-key is answered, metered and captured once',
    ours: 'other gateways do not say that they know the header',
    async run({ startOurs }) {
      const ours = await startOurs();
      let answers = 0;
      ours.upstream.script = async (reply) => {
        await pause(50);
        reply.json(200, completion(`answer ${++answers}`));
      };
      const key = await addKey(ours);
      const send = (retry: number) =>
        ask(ours, {
          body: chat({ model }),
          headers: { ...bearer(key), 'idempotency-key': 'once', 'x-stainless-retry-count': String(retry) },
        });
      const replies = [...(await Promise.all([send(0), send(1)])), await send(2)];
      equal(new Set(replies.map(({ text }) => text)).size, 1, 'the answers differ');
      equal(ours.upstream.requests.length, 1);
      equal(new Set(replies.map(({ headers }) => headers['x-rightsize-call'])).size, 1);
      const use = await ask(ours, { method: 'GET', path: `/admin/v1/keys/${key.id}`, headers: { authorization: '' } });
      equal(use.json.today.requests, 1);
      const status = await ask(ours, { method: 'GET', path: '/admin/v1/status', headers: { authorization: '' } });
      equal(status.json.server.calls, 1);
    },
  },
  {
    number: 'R29',
    title: 'a clock that jumps an hour, over midnight or a leap day neither opens nor closes a limit',
    ours: 'its clock is set in process',
    async run() {
      const time = { at: Date.UTC(2028, 1, 29, 23, 30), steadyMs: 1_000 };
      const clocks = { now: () => time.at, steady: () => time.steadyMs };
      const store = await openStore(':memory:');
      const { gate, keyring } = await openAccess({ store, settings: completeSettings(), clocks });
      const limits = { requestsPerMinute: 2, requestsPerDay: 3 };
      const wish = { name: 'k', tenant: 't', models: null, limits, expiresAt: null };
      const caller = gate.admit({ 'api-key': (await keyring.add(wish)).secret });
      const take = () => gate.reserve(caller, { model, inputTokens: 1, maxOutputTokens: 1 });
      const hour = 3_600_000;
      take();
      take();
      for (const jump of [hour, -2 * hour, hour]) {
        time.at += jump;
        throws(take, { code: 'rate_limit_exceeded' });
      }
      time.steadyMs += 61_000;
      take();
      throws(take, /per day/, 'the leap day was spent twice');
      time.at += hour;
      time.steadyMs += 61_000;
      take();
      time.at -= hour;
      throws(take, /per day/, 'the day that the clock came back to was spent twice');
    },
  },
];
