import { deepEqual, equal, ok } from 'node:assert/strict';
import { Agent } from 'node:http';
import { brotliCompressSync, brotliDecompressSync, deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { chat, chunks, completion, eventText } from '../bodies.ts';
import type { Check, CheckContext } from '../check.ts';
import { ask, type Reply } from '../client.ts';
import { expectContains } from '../expect-contains.ts';
import { expectError } from '../expect-error.ts';
import { headerLines, openRaw } from '../raw-client.ts';
import { contentOf, doneCount } from '../read-events.ts';
import { zstdSamples } from './zstd-samples.ts';

const encoders = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync } as const;
const allEncodings = 'gzip, deflate, br, zstd';

/** The body of an answer as its own headers say it is to be read. */
function decoded({ headers, body }: Reply): string {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return body.toString();
  if (encoding === 'gzip') return gunzipSync(body).toString();
  if (encoding === 'br') return brotliDecompressSync(body).toString();
  if (encoding === 'deflate') return inflateSync(body).toString();
  if (encoding === 'zstd') return zstdSamples.find(({ packed }) => packed.equals(body))?.text ?? 'no zstd that we sent';
  throw new Error(`content-encoding ${encoding}`);
}

function expectHonestLength({ headers, body, isComplete }: Reply): void {
  ok(isComplete, 'the answer was cut');
  const length = headers['content-length'];
  if (length !== undefined) equal(Number(length), body.length);
  ok(length === undefined || headers['transfer-encoding'] === undefined, 'both content-length and transfer-encoding');
}

/** One answer in such an encoding: a completion, an error, or a stream. */
async function askPacked(
  context: CheckContext,
  status: number,
  type: string,
  encoding: string,
  whole: { readonly packed: Buffer; readonly text: string },
): Promise<Reply> {
  context.upstream.reset();
  context.upstream.script = (reply, request) => {
    // An upstream that packs what nobody asked for is one that only we promise to bear.
    const isPacked = context.isOurs || (request.headers['accept-encoding'] ?? '').includes(encoding);
    const headers = { 'content-type': type, ...(isPacked ? { 'content-encoding': encoding } : {}) };
    const packed = isPacked ? whole.packed : Buffer.from(whole.text);
    if (type === 'application/json') return reply.body(status, packed, headers);
    reply.stream(headers);
    // In several pieces, as a compressing server flushes them.
    for (let at = 0; at < packed.length; at += 50) reply.write(packed.subarray(at, at + 50));
    reply.end();
  };
  const reply = await ask(context, {
    body: chat(context, type === 'application/json' ? {} : { stream: true }),
    headers: { 'accept-encoding': allEncodings },
  });
  equal(reply.status, status);
  expectHonestLength(reply);
  return reply;
}

const rateHeaders = {
  'x-request-id': 'req_upstream_1',
  'x-ratelimit-limit-requests': '5000',
  'x-ratelimit-remaining-tokens': '149984',
  'x-ratelimit-reset-requests': '12ms',
};
/** Not named by the line, and kept by this gateway all the same. */
const ownHeaders = { 'openai-processing-ms': '312', 'openai-version': '2020-10-01' };

/** C26–C28: headers, encodings and forms of requests. */
export const transportChecks: readonly Check[] = [
  {
    number: 'C26',
    title: "the upstream's request id and rate-limit headers are kept",
    async run(context) {
      const { upstream } = context;
      const expected = { ...rateHeaders, ...(context.isOurs ? ownHeaders : {}) };
      upstream.script = (reply) => reply.json(200, completion('ok'), expected);
      const { headers } = await ask(context, { body: chat(context) });
      for (const [name, value] of Object.entries(expected)) equal(headers[name], value, name);
      upstream.script = (reply) => reply.events(chunks('ok'), rateHeaders);
      equal((await ask(context, { body: chat(context, { stream: true }) })).headers['x-request-id'], 'req_upstream_1');
      const waits = { 'retry-after': '17', 'retry-after-ms': '16900' };
      upstream.script = (reply) =>
        reply.json(
          429,
          { error: { message: 'slow', type: 't', param: null, code: 'c' } },
          { ...rateHeaders, ...waits },
        );
      const limited = await ask(context, { body: chat(context) });
      for (const [name, value] of Object.entries({ ...rateHeaders, ...waits }))
        equal(limited.headers[name], value, name);
    },
  },
  {
    number: 'C26',
    title: 'every answer has a request id, errors too',
    async run(context) {
      context.upstream.script = (reply) => reply.json(200, completion('ok'));
      const answers = [
        await ask(context, { body: chat(context) }),
        await ask(context, { body: 'no json' }),
        await ask(context, { body: chat(context), headers: { authorization: 'Bearer wrong' } }),
        await ask(context, { method: 'GET', path: '/nothing-here' }),
      ];
      context.upstream.script = (reply) => reply.reset();
      answers.push(await ask(context, { body: chat(context) }));
      for (const { headers, status } of answers)
        ok(headers['x-request-id'], `an answer of ${status} has no x-request-id`);
      const ids = answers.map(({ headers }) => headers['x-request-id']);
      equal(new Set(ids).size, ids.length, 'two answers share an id');
    },
  },
  {
    number: 'C27',
    title: 'gzip, br and deflate: success, error and stream stay readable',
    async run(context) {
      const success = JSON.stringify(completion('größer'));
      const error = JSON.stringify({ error: { message: 'no ü', type: 't', param: null, code: 'packed' } });
      const stream = [...chunks('größer'), '[DONE]'].map(eventText).join('');
      for (const [encoding, pack] of Object.entries(encoders)) {
        const whole = await askPacked(context, 200, 'application/json', encoding, {
          packed: pack(success),
          text: success,
        });
        expectContains(JSON.parse(decoded(whole)).choices, [{ message: { content: 'größer' } }], encoding);
        const refused = await askPacked(context, 400, 'application/json', encoding, {
          packed: pack(error),
          text: error,
        });
        ok(JSON.parse(decoded(refused)).error.message.includes('no ü'), encoding);
        const events = decoded(
          await askPacked(context, 200, 'text/event-stream', encoding, { packed: pack(stream), text: stream }),
        );
        equal(contentOf(events), 'größer', encoding);
        equal(doneCount(events), 1, encoding);
      }
    },
  },
  {
    number: 'C27',
    title: 'zstd: success, error and stream stay readable',
    async run(context) {
      for (const { status, type, packed, text } of zstdSamples) {
        const got = decoded(await askPacked(context, status, type, 'zstd', { packed, text }));
        if (context.isOurs) equal(got, text);
        ok(/zstd (ü|says no)/.test(got), `unreadable: ${got.slice(0, 80)}`);
      }
    },
  },
  {
    number: 'C28',
    title: 'a client gets no encoding that it did not accept',
    async run(context) {
      const success = JSON.stringify(completion('ok'));
      context.upstream.script = (reply, { headers }) => {
        if (!/gzip(?!;q=0)/.test(headers['accept-encoding'] ?? ''))
          return reply.body(200, success, { 'content-type': 'application/json' });
        reply.body(200, gzipSync(success), { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      };
      for (const accepted of ['identity', 'gzip', '', 'gzip;q=0']) {
        const reply = await ask(context, { body: chat(context), headers: { 'accept-encoding': accepted } });
        if (accepted !== 'gzip') equal(reply.headers['content-encoding'], undefined, `accept-encoding: ${accepted}`);
        expectContains(JSON.parse(decoded(reply)).choices, [{ message: { content: 'ok' } }]);
      }
    },
  },
  {
    number: 'C28',
    title: 'expect: 100-continue, chunked bodies and HTTP/1.0 are answered',
    async run(context) {
      context.upstream.script = (reply) => reply.json(200, completion('ok'));
      const body = JSON.stringify(chat(context));
      const post = (version: string, more: Record<string, string>) =>
        `POST /v1/chat/completions HTTP/${version}\r\n${headerLines(context, more)}\r\n`;
      const expecting = await openRaw(context.origin);
      expecting.write(post('1.1', { 'content-length': String(body.length), expect: '100-continue' }));
      equal((await expecting.answers(1))[0]?.status, 100, 'no 100 Continue');
      expecting.write(body);
      equal((await expecting.answers(2))[1]?.status, 200);
      const chunked = await openRaw(context.origin);
      chunked.write(post('1.1', { 'transfer-encoding': 'chunked' }));
      for (const piece of [body.slice(0, 7), body.slice(7)])
        chunked.write(`${piece.length.toString(16)};ext=1\r\n${piece}\r\n`);
      chunked.write('0\r\n\r\n');
      equal((await chunked.answers(1))[0]?.status, 200);
      const old = await openRaw(context.origin);
      old.write(post('1.0', { 'content-length': String(body.length) }) + body);
      ok(await old.closed(5_000), 'HTTP/1.0: the connection stays open');
      const [answer] = await old.answers(1);
      equal(answer?.status, 200);
      ok(!/chunked/i.test(answer?.headers['transfer-encoding'] ?? ''), 'HTTP/1.0 got chunks');
      equal(JSON.parse(answer?.body ?? '').object, 'chat.completion');
      for (const raw of [expecting, chunked, old]) raw.socket.destroy();
      for (const { json } of context.upstream.requests) deepEqual(json().messages, chat(context).messages);
    },
  },
  {
    number: 'C28',
    title: 'connections are reused, and pipelined requests are answered in order',
    async run(context) {
      context.upstream.script = (reply, request) => {
        const tag = /tag (\w+)/.exec(request.text)?.[1];
        setTimeout(() => reply.json(200, completion(String(tag))), tag === 'first' ? 80 : 0);
      };
      const tagged = (tag: string) => chat(context, { messages: [{ role: 'user', content: `tag ${tag}` }] });
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (const tag of ['a', 'b', 'c']) {
        const reply = await ask(context, { body: tagged(tag), agent });
        equal(reply.json.choices[0].message.content, tag);
        ok(!/close/i.test(String(reply.headers.connection)), 'the connection is not kept');
      }
      agent.destroy();
      const raw = await openRaw(context.origin);
      const text = ['first', 'second', 'third'].map((tag) => {
        const body = JSON.stringify(tagged(tag));
        const lines = headerLines(context, { 'content-length': String(body.length) });
        return `POST /v1/chat/completions HTTP/1.1\r\n${lines}\r\n${body}`;
      });
      raw.write(text.join(''));
      const answers = await raw.answers(3);
      raw.socket.destroy();
      deepEqual(
        answers.map(({ body }) => JSON.parse(body).choices[0].message.content),
        ['first', 'second', 'third'],
      );
    },
  },
  {
    number: 'C30',
    title: 'an unknown path is 404 in the error shape, also for HEAD',
    async run(context) {
      for (const path of ['/nope', '/v2/chat/completions', '/v1x', '/.env']) {
        expectError(await ask(context, { method: 'GET', path }), { status: 404 });
        const head = await ask(context, { method: 'HEAD', path });
        deepEqual([head.status, head.body.length], [404, 0]);
      }
      equal(context.upstream.requests.length, 0);
    },
  },
  {
    number: 'C30',
    title: 'OPTIONS is answered here, and lets no page in that was not named',
    async run(context) {
      const preflight = await ask(context, {
        method: 'OPTIONS',
        headers: {
          authorization: '',
          origin: 'https://evil.test',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type',
        },
      });
      ok(preflight.status < 500, `OPTIONS gives ${preflight.status}`);
      equal(context.upstream.requests.length, 0, 'OPTIONS was sent upstream');
      if (context.isOurs) equal(preflight.headers['access-control-allow-origin'], undefined);
    },
  },
  {
    number: 'C30',
    title: 'a page that was named may call, with every header it needs',
    ours: 'pages are a setting',
    async run({ startOurs }) {
      const origin = 'https://app.example.com';
      const ours = await startOurs({ settings: { cors: { origins: [origin] } } });
      ours.upstream.script = (reply) => reply.json(200, completion('ok'));
      const preflight = await ask(ours, {
        method: 'OPTIONS',
        headers: {
          authorization: '',
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type,x-stainless-lang',
        },
      });
      ok(preflight.status === 200 || preflight.status === 204, `OPTIONS gives ${preflight.status}`);
      equal(preflight.headers['access-control-allow-origin'], origin);
      ok(/POST/.test(String(preflight.headers['access-control-allow-methods'])));
      const allowed = String(preflight.headers['access-control-allow-headers']).toLowerCase();
      for (const name of ['authorization', 'content-type', 'x-stainless-lang'])
        ok(allowed === '*' || allowed.includes(name), `${name} is not allowed`);
      const reply = await ask(ours, { body: chat({ model: 'm' }), headers: { origin } });
      deepEqual([reply.status, reply.headers['access-control-allow-origin']], [200, origin]);
      const stranger = await ask(ours, { body: chat({ model: 'm' }), headers: { origin: 'https://evil.test' } });
      ok(
        stranger.headers['access-control-allow-origin'] !== 'https://evil.test' &&
          stranger.headers['access-control-allow-origin'] !== '*',
      );
      const wrong = await ask(ours, { body: chat({ model: 'm' }), headers: { origin, authorization: 'Bearer wrong' } });
      deepEqual([wrong.status, wrong.headers['access-control-allow-origin']], [401, origin]);
    },
  },
];
