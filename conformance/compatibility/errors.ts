import { equal, ok } from 'node:assert/strict';
import { createServer } from 'node:net';
import { chat, chunk, completion } from '../bodies.ts';
import { type Check, type CheckContext, NotTestable } from '../check.ts';
import { ask, openStream, type Reply, until } from '../client.ts';
import { errorOf, expectError } from '../expect-error.ts';
import { openRaw } from '../raw-client.ts';
import type { UpstreamReply } from '../upstream-reply.ts';

/** A port of this machine that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const inner = { message: 'The upstream says no.', type: 'some_error', param: 'messages', code: 'some_code' };
const statuses = [400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529];

/** Answers of an upstream that are no answers, and what a client may be told of each. */
const broken: Readonly<Record<string, (reply: UpstreamReply) => void>> = {
  'a page of HTML with 502': (reply) =>
    reply.body(502, '<html><h1>Bad gateway</h1></html>', { 'content-type': 'text/html' }),
  'a page of HTML with 200': (reply) => reply.body(200, '<html>Log in</html>', { 'content-type': 'text/html' }),
  'an empty body with 200': (reply) => reply.body(200, '', { 'content-type': 'application/json' }),
  'an empty body with 500': (reply) => reply.body(500, ''),
  'JSON that was cut': (reply) =>
    reply.body(200, JSON.stringify(completion('Hello')).slice(0, 90), { 'content-type': 'application/json' }),
  'an error alone with 200': (reply) => reply.json(200, { error: inner }),
  'no content at all, 204': (reply) => reply.head(204).end(),
  'a body shorter than its length': (reply) => {
    reply.head(200, { 'content-type': 'application/json', 'content-length': '5000' }).raw('{"id":"chatcmpl').close();
  },
  'what is no HTTP': (reply) => reply.raw('SSH-2.0-OpenSSH_9.6\r\n').close(),
};

/** Failures of a stream before its first event. */
const early: Readonly<Record<string, (reply: UpstreamReply) => void>> = {
  'a status of 500': (reply) => reply.json(500, { error: inner }),
  'a status of 429': (reply) => reply.json(429, { error: inner }, { 'retry-after': '7' }),
  'a reset before any byte': (reply) => reply.reset(),
  'a reset behind the headers': (reply) => {
    reply.stream();
    setTimeout(() => reply.reset(), 30);
  },
  'an end without any event': (reply) => reply.stream().end(),
  'a comment and a reset': (reply) => {
    reply.stream().write(': waiting\n\n');
    setTimeout(() => reply.reset(), 30);
  },
};

async function askBroken(
  context: CheckContext,
  script: (reply: UpstreamReply) => void,
  isStream: boolean,
): Promise<Reply> {
  await rested(context);
  context.upstream.script = script;
  return ask(context, { body: chat(context, isStream ? { stream: true } : {}) });
}

/** A gateway that rests a failed upstream must not do so between two questions of one check. */
async function rested(context: CheckContext): Promise<void> {
  context.upstream.reset();
  context.upstream.script = (reply) => reply.json(200, completion('ok'));
  await ask(context, { body: chat(context) });
  context.upstream.reset();
}

/** C21–C24: errors that have a status of their own. */
export const errorChecks: readonly Check[] = [
  {
    number: 'C21',
    title: 'a body that is no request is 400',
    async run(context) {
      for (const body of [
        '{"model":',
        'null',
        '[]',
        '"text"',
        '{}',
        '',
        '{"model":"m"}',
        '{"model":"m","messages":"hi"}',
      ]) {
        const reply = await ask(context, { body });
        expectError(reply, { status: 400 });
      }
      equal(context.upstream.requests.length, 0, 'such a body was sent upstream');
    },
  },
  {
    number: 'C21',
    title: 'a wrong or missing key is 401 invalid_api_key',
    async run(context) {
      if (!context.hasOwnKey) throw new NotTestable('it has no keys of its own');
      for (const authorization of ['', 'Bearer wrong', 'Basic d3Jvbmc6', 'Bearer'])
        expectError(await ask(context, { body: chat(context), headers: { authorization } }), {
          status: 401,
          code: 'invalid_api_key',
        });
      equal(context.upstream.requests.length, 0);
    },
  },
  {
    number: 'C21',
    title: 'a model that nobody answers to is 404 model_not_found',
    ours: 'models are a setting',
    async run({ startOurs }) {
      const ours = await startOurs({
        settings: ({ baseUrl }) => ({
          upstream: { baseUrl: null },
          upstreams: { only: { baseUrl } },
          models: { known: { deployments: [{ upstream: 'only', model: 'm' }] } },
        }),
      });
      ours.upstream.script = (reply) => reply.json(200, completion('ok'));
      equal((await ask(ours, { body: chat({ model: 'known' }) })).status, 200);
      expectError(await ask(ours, { body: chat({ model: 'unknown' }) }), { status: 404, code: 'model_not_found' });
    },
  },
  {
    number: 'C21',
    title: 'an upstream that cannot be reached is 502, one that is silent 504',
    ours: 'address and timeouts of the upstream are settings',
    async run({ startOurs }) {
      const port = await freePort();
      const gone = await startOurs({ settings: { upstream: { baseUrl: `http://127.0.0.1:${port}/v1` } } });
      expectError(await ask(gone, { body: chat({ model: 'm' }) }), { status: 502 });
      const ours = await startOurs({ settings: { upstream: { firstByteTimeoutMs: 300 } } });
      ours.upstream.script = () => {};
      expectError(await ask(ours, { body: chat({ model: 'm' }) }), { status: 504 });
    },
  },
  {
    number: 'C21',
    title: 'while it stops, a request is 503 with retry-after',
    ours: 'the suite stops the process',
    async run({ startOurs }) {
      const ours = await startOurs();
      ours.upstream.script = (reply) => void reply.stream().event(chunk({ role: 'assistant' }));
      const stream = await openStream(ours, { body: chat({ model: 'm' }, { stream: true }) });
      const raw = await openRaw(ours.origin);
      raw.write('GET /v1/models HTTP/1.1\r\nhost: x\r\n');
      await until(() => stream.text.includes('assistant'), 'the stream');
      ours.signal('SIGTERM');
      await new Promise((resolve) => setTimeout(resolve, 500));
      raw.write(`authorization: Bearer ${ours.key}\r\n\r\n`);
      const [answer] = await raw.answers(1, 3_000);
      ok(answer !== undefined, 'the connection was closed without an answer');
      expectError({ ...answer, text: answer.body }, { status: 503 });
      ok(answer.headers['retry-after'] !== undefined, 'no retry-after');
      stream.abort();
    },
  },
  {
    number: 'C22',
    title: 'status and inner error of the upstream come through, streamed or not',
    async run(context) {
      for (const status of statuses)
        for (const isStream of [false, true]) {
          const reply = await askBroken(
            context,
            (upstream) => upstream.json(status, { error: inner }, { 'x-should-retry': 'false' }),
            isStream,
          );
          expectError(reply, { status });
          const told = errorOf(reply.text);
          equal(told.code, inner.code, `${status}: the code is ${told.code}`);
          equal(told.type, inner.type, `${status}: the type is ${told.type}`);
          ok(told.message.includes(inner.message), `${status}: the message is ${told.message}`);
        }
    },
  },
  {
    number: 'C23',
    title: 'an upstream that answers with something else gives a defined error',
    async run(context) {
      for (const [what, script] of Object.entries(broken)) {
        const reply = await askBroken(context, script, false).catch((cause: unknown) => {
          throw new Error(`${what}: no answer at all (${cause})`);
        });
        ok(reply.status >= 500, `${what} gives ${reply.status}: ${reply.text.slice(0, 80)}`);
        try {
          errorOf(reply.text);
        } catch (cause) {
          throw new Error(`${what}: ${cause instanceof Error ? cause.message : cause}`);
        }
      }
    },
  },
  {
    number: 'C24',
    title: 'a stream that fails before its first event has a real status',
    async run(context) {
      for (const [what, script] of Object.entries(early)) {
        const reply = await askBroken(context, script, true).catch((cause: unknown) => {
          throw new Error(`${what}: no answer at all (${cause})`);
        });
        ok(reply.status >= 400, `${what} gives ${reply.status}: ${reply.text.slice(0, 80)}`);
        if (context.isOurs) errorOf(reply.text);
      }
    },
  },
];
