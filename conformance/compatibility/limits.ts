import { equal, ok } from 'node:assert/strict';
import { chat, chunk, completion } from '../bodies.ts';
import type { Check } from '../check.ts';
import { ask, openStream, pause } from '../client.ts';
import { expectError } from '../expect-error.ts';
import { addKey, bearer } from '../our-keys.ts';
import { doneCount, readChunks } from '../read-events.ts';

const model = 'gpt-4o-mini';

/** What of C19, C21, C26 and C31 needs keys, limits and settings of our own. */
export const limitChecks: readonly Check[] = [
  {
    number: 'C21',
    title: 'no permission is 403, over a limit 429, over a budget 429 insufficient_quota',
    ours: 'keys and limits are its own',
    async run({ startOurs }) {
      const ours = await startOurs();
      ours.upstream.script = (reply) => reply.json(200, completion('ok'));
      const narrow = bearer(await addKey(ours, { models: ['gpt-5.4'] }));
      expectError(await ask(ours, { body: chat({ model }), headers: narrow }), { status: 403 });
      const slow = bearer(await addKey(ours, { limits: { requestsPerMinute: 1 } }));
      equal((await ask(ours, { body: chat({ model }), headers: slow })).status, 200);
      const limited = await ask(ours, { body: chat({ model }), headers: slow });
      expectError(limited, { status: 429, code: 'rate_limit_exceeded' });
      ok(Number(limited.headers['retry-after']) > 0, 'no retry-after');
      const poor = bearer(await addKey(ours, { limits: { usdPerMonth: 0 } }));
      const broke = await ask(ours, { body: chat({ model }), headers: poor });
      expectError(broke, { status: 429, code: 'insufficient_quota' });
      equal(broke.headers['x-should-retry'], 'false');
      equal(ours.upstream.requests.length, 1);
    },
  },
  {
    number: 'C26',
    title: 'limits of the gateway tell what is left, and when to come back',
    ours: 'limits are its own',
    async run({ startOurs }) {
      const ours = await startOurs();
      ours.upstream.script = (reply) => reply.json(200, completion('ok'));
      const headers = bearer(await addKey(ours, { limits: { requestsPerMinute: 3 } }));
      for (const left of ['2', '1', '0']) {
        const reply = await ask(ours, { body: chat({ model }), headers });
        equal(reply.headers['x-ratelimit-limit-requests'], '3');
        equal(reply.headers['x-ratelimit-remaining-requests'], left);
      }
      const { headers: told } = await ask(ours, { body: chat({ model }), headers });
      ok(Number(told['retry-after']) > 0 && Number(told['retry-after']) <= 61, `retry-after ${told['retry-after']}`);
      equal(told['x-ratelimit-remaining-requests'], '0');
      ok(told['x-ratelimit-reset-requests'] !== undefined);
    },
  },
  {
    number: 'C31',
    title: 'a key sees only the models that it may use',
    ours: 'keys are its own',
    async run({ startOurs }) {
      const ours = await startOurs({
        settings: {
          models: {
            small: { deployments: [{ upstream: 'default', model: 'm-1' }] },
            large: { deployments: [{ upstream: 'default', model: 'm-2' }] },
          },
        },
      });
      const data = ['m-1', 'm-2'].map((id) => ({ id, object: 'model', created: 1_790_000_000, owned_by: 'upstream' }));
      ours.upstream.script = (reply, { path }) =>
        path.endsWith('/models') ? reply.json(200, { object: 'list', data }) : reply.json(200, data[0]);
      const idsFor = async (headers: Record<string, string>) => {
        const { json } = await ask(ours, { method: 'GET', path: '/v1/models', headers });
        return json.data.map(({ id }: { id: string }) => id).sort();
      };
      const all = await idsFor({});
      ok(all.includes('small') && all.includes('large'), `without a narrow key: ${all}`);
      const narrow = bearer(await addKey(ours, { models: ['small'] }));
      equal(String(await idsFor(narrow)), 'small');
      const found = await ask(ours, { method: 'GET', path: '/v1/models/small', headers: narrow });
      equal(`${found.status} ${found.json.id} ${found.json.object}`, '200 small model');
      const hidden = await ask(ours, { method: 'GET', path: '/v1/models/large', headers: narrow });
      ok(hidden.status === 404 || hidden.status === 403, `a model it may not use gives ${hidden.status}`);
    },
  },
  {
    number: 'C19',
    title: 'no heartbeat is sent unless it was asked for',
    async run(context) {
      context.upstream.script = async (reply) => {
        reply.stream();
        await pause(600);
        reply.event(chunk({ content: 'late' }));
        await pause(600);
        reply.event('[DONE]').end();
      };
      const { text } = await ask(context, { body: chat(context, { stream: true }) });
      ok(!/^:/m.test(text), `a comment came: ${text.slice(0, 80)}`);
    },
  },
  {
    number: 'C19',
    title: 'heartbeats come between events only, also before the first one',
    ours: 'heartbeats are a setting',
    async run({ startOurs }) {
      const ours = await startOurs({ settings: { streams: { heartbeatMs: 100 } } });
      const event = `data: ${JSON.stringify(chunk({ content: 'in two halves' }))}\n\n`;
      ours.upstream.script = async (reply) => {
        reply.stream();
        await pause(550);
        reply.write(event.slice(0, 70));
        await pause(550);
        reply.write(event.slice(70));
        await pause(550);
        reply.event('[DONE]').end();
      };
      const startedAt = performance.now();
      const stream = await openStream(ours, { body: chat({ model }, { stream: true }) });
      ok(performance.now() - startedAt < 500, 'no heartbeat before the first event');
      await stream.ended;
      // A comment line is one that starts with a colon; taken out, the events must be what the upstream sent.
      const comments = stream.text.match(/^:[^\n]*\n\n?/gm) ?? [];
      ok(comments.length >= 6, `${comments.length} heartbeats in 1.6 s`);
      const rest = stream.text.replace(/^:[^\n]*\n\n?/gm, '');
      ok(rest.startsWith(event), `an event was broken: ${JSON.stringify(rest.slice(0, 120))}`);
      equal(readChunks(stream.text).length, 1);
      equal(doneCount(stream.text), 1);
    },
  },
  {
    number: 'C19',
    title: 'a heartbeat does not hide that the upstream failed',
    ours: 'heartbeats are a setting',
    async run({ startOurs }) {
      const ours = await startOurs({ settings: { streams: { heartbeatMs: 100 } } });
      ours.upstream.script = async (reply) => {
        await pause(350);
        reply.json(500, { error: { message: 'no', type: 'server_error', param: null, code: 'c19' } });
      };
      const { text } = await ask(ours, { body: chat({ model }, { stream: true }) });
      ok(/^:/m.test(text), 'no heartbeat while the upstream was silent');
      equal(readChunks(text).at(-1)?.error?.code, 'c19');
      equal(doneCount(text), 0);
    },
  },
];
