import { equal, ok } from 'node:assert/strict';
import { chat, chunk, chunks, completion } from '../bodies.ts';
import { type Check, type CheckContext, NotTestable } from '../check.ts';
import { ask, type Gateway, openStream, pause, until } from '../client.ts';
import { errorOf, expectError } from '../expect-error.ts';
import { readEvents } from '../read-events.ts';
import type { ScriptedUpstream } from '../scripted-upstream.ts';
import { startDeafServer } from './deaf-server.ts';
import { metric } from './facts.ts';
import { alias, withFleet } from './with-fleet.ts';

const ours = 'its time limits are settings';

/** Every endpoint, as a caller asks it, streamed where it can be. */
const endpoints = [
  ['/v1/chat/completions', { messages: [{ role: 'user', content: 'hi' }] }],
  ['/v1/completions', { prompt: 'hi' }],
  ['/v1/responses', { input: 'hi' }],
  ['/v1/embeddings', { input: 'hi' }],
  ['/v1/images/generations', { prompt: 'hi' }],
] as const;

/** Asks and hangs up once the upstream has the request and `when` has come; resolves with the time until the upstream's connection closed. */
async function hangUp(
  gateway: Gateway,
  question: { readonly path: string; readonly body: object },
  when: (text: string) => boolean,
): Promise<number> {
  const caller = new AbortController();
  const asking = openStream(gateway, { ...question, signal: caller.signal }).catch(() => null);
  await until(() => gateway.upstream.requests.length > 0, 'the request at the upstream');
  if (!when('')) await (await asking)?.until(when);
  else await pause(30);
  const { connection } = gateway.upstream.requests[0] ?? {};
  if (connection?.closedAt !== null) throw new Error('the upstream was hung up on before the caller did');
  const startedAt = performance.now();
  caller.abort();
  await until(() => connection.closedAt !== null, 'the connection to the upstream was left open', 2_000);
  await asking;
  return (connection.closedAt ?? 0) - startedAt;
}

/** Within 200 ms; on a busy machine the best of three counts. */
async function expectSoon(
  gateway: Gateway,
  ...hang: readonly [Parameters<typeof hangUp>[1], Parameters<typeof hangUp>[2]]
) {
  const { script } = gateway.upstream;
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 3 && best > 200; turn++) {
    gateway.upstream.reset();
    gateway.upstream.script = script;
    best = Math.min(best, await hangUp(gateway, ...hang));
  }
  ok(best <= 200, `the upstream was hung up on after ${best.toFixed(0)} ms`);
}

function limited(
  context: CheckContext,
  upstream: Readonly<Record<string, unknown>>,
): ReturnType<CheckContext['startOurs']> {
  return context.startOurs({ settings: { upstream } });
}

/** R7, R8, R9, R14. */
export const connectionChecks: readonly Check[] = [
  {
    number: 'R7',
    title: 'a pooled connection that the upstream closes is replaced once, unseen by the caller',
    async run(context) {
      const { upstream } = context;
      upstream.script = (reply) => reply.json(200, completion('ok'));
      equal((await ask(context, { body: chat(context) })).status, 200);
      let isFirst = true;
      upstream.script = (reply) => {
        if (isFirst) reply.socket.resetAndDestroy();
        else reply.json(200, completion('again'));
        isFirst = false;
      };
      const { status } = await ask(context, { body: chat(context) });
      equal(status, 200, `the caller got ${status}`);
      equal(upstream.requests.length, 3);
    },
  },
  {
    number: 'R7',
    title: 'a request of which an answer has begun is not sent again',
    async run(context) {
      const { upstream } = context;
      upstream.script = (reply) => reply.json(200, completion('ok'));
      await ask(context, { body: chat(context) });
      upstream.script = (reply) => {
        reply.raw('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{"half":');
        setTimeout(() => reply.reset(), 20);
      };
      await ask(context, { body: chat(context) }).catch(() => null);
      if (!context.isOurs && upstream.requests.length > 2) throw new NotTestable('its own retries are on');
      equal(upstream.requests.length, 2);
    },
  },
  {
    number: 'R7',
    title: 'idle connections to the upstream are closed within 25 s',
    slow: true,
    timeoutMs: 40_000,
    async run(context) {
      const { upstream } = context;
      upstream.script = (reply) => reply.json(200, completion('ok'));
      await ask(context, { body: chat(context) });
      const { connection } = upstream.requests[0] ?? {};
      await until(() => connection?.closedAt !== null, 'the idle connection was kept', 25_500);
    },
  },
  {
    number: 'R8',
    title: 'an upstream that takes no connection ends in a connect timeout',
    ours,
    async run(context) {
      const deaf = await startDeafServer();
      try {
        const gateway = await limited(context, { baseUrl: `${deaf.origin}/v1`, connectTimeoutMs: 500 });
        const startedAt = performance.now();
        expectError(await ask(gateway, { body: chat(context) }), { status: 504, code: 'upstream_connect_timeout' });
        const took = performance.now() - startedAt;
        ok(took >= 450 && took < 2_500, `after ${took.toFixed(0)} ms`);
      } finally {
        deaf.close();
      }
    },
  },
  {
    number: 'R8',
    title: 'an upstream that is silent ends in a first-byte timeout',
    ours,
    async run(context) {
      const gateway = await limited(context, { firstByteTimeoutMs: 400 });
      gateway.upstream.script = () => {};
      const startedAt = performance.now();
      expectError(await ask(gateway, { body: chat(context) }), { status: 504, code: 'upstream_first_byte_timeout' });
      const took = performance.now() - startedAt;
      ok(took >= 390 && took < 2_400, `after ${took.toFixed(0)} ms`);
    },
  },
  {
    number: 'R8',
    title: 'five events and then silence end in an idle timeout, told in the stream',
    ours,
    async run(context) {
      const gateway = await limited(context, { idleTimeoutMs: 400 });
      gateway.upstream.script = async (reply) => {
        reply.stream();
        for (const content of ['a', 'b', 'c', 'd', 'e']) {
          reply.event(chunk({ content }));
          await pause(200);
        }
      };
      const { text, status } = await ask(gateway, { body: chat(context, { stream: true }) });
      equal(status, 200);
      const last = readEvents(text).at(-1);
      equal(errorOf(last?.data ?? '').code, 'upstream_idle_timeout');
      equal(readEvents(text).length, 6);
    },
  },
  {
    number: 'R8',
    title: 'an answer that drips for ever ends in a total timeout',
    ours,
    async run(context) {
      const gateway = await limited(context, { totalTimeoutMs: 900, idleTimeoutMs: 10_000 });
      gateway.upstream.script = (reply) => {
        reply.stream();
        const drip = setInterval(() => reply.event(chunk({ content: '.' })), 60);
        reply.socket.once('close', () => clearInterval(drip));
      };
      const startedAt = performance.now();
      const { text } = await ask(gateway, { body: chat(context, { stream: true }) });
      equal(errorOf(readEvents(text).at(-1)?.data ?? '').code, 'upstream_total_timeout');
      const took = performance.now() - startedAt;
      ok(took >= 880 && took < 3_000, `after ${took.toFixed(0)} ms`);
    },
  },
  {
    number: 'R8',
    title: 'no default of a library is in the way: 310 s of silence are borne where the settings allow them',
    slow: true,
    timeoutMs: 345_000,
    ours,
    async run(context) {
      if (process.env.CONFORMANCE_PATIENT === undefined)
        throw new NotTestable('takes over five minutes: set CONFORMANCE_PATIENT=1');
      const gateway = await limited(context, { firstByteTimeoutMs: 340_000, totalTimeoutMs: 340_000 });
      gateway.upstream.script = async (reply) => {
        await pause(310_000);
        reply.json(200, completion('late'));
      };
      equal((await ask(gateway, { body: chat(context) })).status, 200);
    },
  },
  {
    number: 'R9',
    title: 'before headers, on every endpoint',
    async run(context) {
      for (const [path, fields] of endpoints) {
        context.upstream.reset();
        context.upstream.script = () => {};
        await expectSoon(context, { path, body: { model: context.model, ...fields } }, () => true);
      }
    },
  },
  {
    number: 'R9',
    title: 'before the first token',
    async run(context) {
      context.upstream.script = (reply) => void reply.stream();
      await expectSoon(context, { path: '/v1/chat/completions', body: chat(context, { stream: true }) }, () => true);
    },
  },
  {
    number: 'R9',
    title: 'in the middle of a stream, on every endpoint that streams',
    async run(context) {
      for (const [path, fields] of endpoints.slice(0, 3)) {
        context.upstream.reset();
        context.upstream.script = (reply) => {
          reply.stream();
          const tick = setInterval(() => reply.event(streamEvent(path)), 20);
          reply.socket.once('close', () => clearInterval(tick));
        };
        const question = { path, body: { model: context.model, stream: true, ...fields } };
        await expectSoon(context, question, (text) => text.includes('tick'));
      }
    },
  },
  {
    number: 'R9',
    title: 'in the middle of an answer that is not streamed',
    async run(context) {
      context.upstream.script = (reply) => {
        reply.head(200, { 'content-type': 'application/json' }).write('{"id":"x","choices":[');
      };
      await expectSoon(context, { path: '/v1/chat/completions', body: chat(context) }, () => true);
    },
  },
  {
    number: 'R9',
    title: 'no slot stays taken, the call is kept as cancelled, and no failure is counted or logged as an error',
    ours: 'it looks at its metrics and its store',
    async run(context) {
      const gateway = await context.startOurs();
      gateway.upstream.script = (reply) => void reply.stream().event(chunk({ content: 'tick' }));
      const stream = await openStream(gateway, { body: chat(context, { stream: true }) });
      await stream.until((text) => text.includes('tick'));
      const id = String(stream.headers['x-rightsize-call'] ?? '');
      stream.abort();
      await pause(300);
      equal(await metric(gateway, 'rightsize_active_requests'), 0);
      equal(await metric(gateway, 'rightsize_requests_total', 'status="499"'), 1);
      equal(await metric(gateway, 'rightsize_requests_total', 'status="5'), 0);
      ok(!/"level":[56]\d/.test(gateway.output()), `an error was logged: ${gateway.output().slice(-300)}`);
      const kept = await fetch(`${gateway.origin}/admin/v1/calls/${id}`);
      equal(kept.status, 200, 'the call was not kept');
      const { call } = (await kept.json()) as { call: { status: number } };
      equal(call.status, 499);
    },
  },
  {
    number: 'R14',
    title: 'a death before the first byte leads to another deployment',
    ours: 'it needs two deployments',
    async run(context) {
      await withFleet(context, {}, async ({ gateway, first, second }) => {
        first.script = (reply) => reply.reset();
        second.script = (reply) => reply.json(200, completion('second'));
        const { status, text } = await ask(gateway, { body: { ...chat(context), model: alias } });
        equal(status, 200, text.slice(0, 200));
        ok(text.includes('second'));
      });
    },
  },
  {
    number: 'R14',
    title: 'a death after the first event is one error event',
    run: (context) => expectBrokenStream(context, context.upstream, context.model),
  },
  {
    number: 'R14',
    title: 'after the first event no other deployment takes over',
    ours: 'it needs two deployments',
    async run(context) {
      await withFleet(context, {}, async ({ gateway, first, second }) => {
        await expectBrokenStream(gateway, first, alias);
        equal(second.requests.length, 0);
      });
    },
  },
];

/** Dies in the middle of a stream: the caller is told, and nothing is sent again. */
async function expectBrokenStream(gateway: Gateway, upstream: ScriptedUpstream, model: string): Promise<void> {
  upstream.script = (reply) => {
    reply.stream();
    for (const each of chunks('half').slice(0, 2)) reply.event(each);
    setTimeout(() => reply.reset(), 50);
  };
  const { text, status } = await ask(gateway, { body: chat({ model }, { stream: true }) });
  equal(status, 200);
  errorOf(readEvents(text).at(-1)?.data ?? '');
  ok(!text.includes('[DONE]'), 'the stream ended as if it were whole');
  equal(text.match(/half/g)?.length, 1);
  equal(upstream.requests.length, 1);
}

function streamEvent(path: string): object {
  if (path === '/v1/responses') return { type: 'response.output_text.delta', delta: 'tick', sequence_number: 1 };
  if (path === '/v1/completions') return { object: 'text_completion', choices: [{ index: 0, text: 'tick' }] };
  return chunk({ content: 'tick' });
}
