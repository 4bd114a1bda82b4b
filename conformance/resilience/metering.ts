import { equal, ok } from 'node:assert/strict';
import { dayOf, monthOf } from '../../src/access/calendar.ts';
import { chat, completion } from '../bodies.ts';
import type { Check, OurGateway } from '../check.ts';
import { ask, pause } from '../client.ts';
import { addKey, bearer, type IssuedKey } from '../our-keys.ts';

const ours = 'it has keys and limits of its own';

interface KeyUse {
  readonly today: { readonly requests: number; readonly tokens: number };
}

async function useOf(gateway: OurGateway, { id }: IssuedKey): Promise<KeyUse> {
  return (await ask(gateway, { method: 'GET', path: `/admin/v1/keys/${id}`, headers: { authorization: '' } })).json;
}

/** R21, R22, R24, R29: beside the checks of budgets. */
export const meteringChecks: readonly Check[] = [
  {
    number: 'R22',
    title:
      'after a crash in the middle of requests their reservations are free again, and what was spent is still known',
    ours,
    async run(context) {
      const first = await context.startOurs();
      first.upstream.script = (reply) =>
        reply.json(200, completion('ok', { usage: { prompt_tokens: 20, completion_tokens: 80, total_tokens: 100 } }));
      const key = await addKey(first, { limits: { tokensPerDay: 1_000 } });
      const body = chat(context, { max_tokens: 80 });
      for (let call = 0; call < 3; call++) await ask(first, { body, headers: bearer(key) });
      await pause(1_500);
      first.upstream.script = () => {};
      const hanging = Array.from({ length: 5 }, () => ask(first, { body, headers: bearer(key) }).catch(() => null));
      await pause(200);
      first.signal('SIGKILL');
      await Promise.all(hanging);
      await first.ended;
      const second = await context.startOurs({ data: first.data });
      second.upstream.script = (reply) =>
        reply.json(200, completion('ok', { usage: { prompt_tokens: 20, completion_tokens: 80, total_tokens: 100 } }));
      let answered = 0;
      for (let call = 0; call < 12; call++)
        if ((await ask(second, { body, headers: bearer(key) })).status === 200) answered++;
      ok(answered >= 5 && answered <= 8, `${answered} were answered after 3 of about 10`);
    },
  },
  {
    number: 'R22',
    title: 'the count of a key is the sum of what its answers report',
    ours,
    async run(context) {
      const gateway = await context.startOurs();
      let sum = 0;
      gateway.upstream.script = (reply) => {
        const tokens = 1 + Math.floor(Math.random() * 50);
        sum += tokens + 7;
        reply.json(
          200,
          completion('ok', { usage: { prompt_tokens: 7, completion_tokens: tokens, total_tokens: tokens + 7 } }),
        );
      };
      const key = await addKey(gateway, { limits: { tokensPerDay: 1_000_000, requestsPerDay: 1_000 } });
      await Promise.all(Array.from({ length: 40 }, () => ask(gateway, { body: chat(context), headers: bearer(key) })));
      const { today } = await useOf(gateway, key);
      equal(`${today.requests} ${today.tokens}`, `40 ${sum}`);
    },
  },
  {
    number: 'R21',
    title: 'a refused request takes nothing from the rate limit',
    ours,
    async run(context) {
      const gateway = await context.startOurs();
      gateway.upstream.script = (reply) => reply.json(200, completion('ok'));
      const key = await addKey(gateway, { limits: { requestsPerDay: 3 } });
      const headers = bearer(key);
      for (const body of ['{', '{"model":1}', '{"model":"m"}', '{"model":"m","messages":[]}'])
        equal((await ask(gateway, { body, headers })).status, 400);
      for (let call = 0; call < 3; call++) equal((await ask(gateway, { body: chat(context), headers })).status, 200);
      equal((await ask(gateway, { body: chat(context), headers })).status, 429);
    },
  },
  {
    number: 'R24',
    title: 'the name of one caller means nothing to another, and belongs to one request',
    ours,
    async run(context) {
      const gateway = await context.startOurs();
      let answers = 0;
      gateway.upstream.script = (reply) => reply.json(200, completion(`answer ${++answers}`));
      const [one, other] = [await addKey(gateway), await addKey(gateway, { tenant: 'other' })];
      const named = (key: IssuedKey) => ({ ...bearer(key), 'idempotency-key': 'shared' });
      const first = await ask(gateway, { body: chat(context), headers: named(one) });
      const second = await ask(gateway, { body: chat(context), headers: named(other) });
      ok(first.text !== second.text, 'one caller got the answer of another');
      const changed = await ask(gateway, { body: chat(context, { seed: 2 }), headers: named(one) });
      ok(changed.status >= 400 && changed.status < 500, `another request under the name: ${changed.status}`);
    },
  },
  {
    number: 'R29',
    title: 'days and months are those of UTC: no daylight saving, leap days and ends of years (the pure functions)',
    ours: 'it calls the functions that decide',
    async run() {
      const hour = 3_600_000;
      for (const at of [
        '2028-02-29T23:59:59Z',
        '2026-03-29T01:30:00Z',
        '2026-10-25T01:30:00Z',
        '2026-12-31T23:59:59Z',
      ]) {
        const day = dayOf(Date.parse(at));
        equal(day.endsAt - day.startsAt, 24 * hour, at);
        equal(day.name, at.slice(0, 10));
        equal(dayOf(day.endsAt).startsAt, day.endsAt);
        const month = monthOf(Date.parse(at));
        equal(monthOf(month.endsAt).startsAt, month.endsAt);
        ok(month.startsAt <= day.startsAt && day.endsAt <= month.endsAt);
      }
      equal((monthOf(Date.parse('2028-02-10')).endsAt - monthOf(Date.parse('2028-02-10')).startsAt) / (24 * hour), 29);
    },
  },
];
