import { equal, ok } from 'node:assert/strict';
import { chat, chunk, chunks, usageChunk } from '../bodies.ts';
import type { Check, CheckContext } from '../check.ts';
import { ask, openStream, type Reply, until } from '../client.ts';
import { expectSameStream } from '../expect-same-stream.ts';
import { doneCount, readChunks } from '../read-events.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What the client gets of a stream with such events. */
async function streamed(context: CheckContext, events: readonly unknown[], fields: Fields = {}): Promise<Reply> {
  context.upstream.reset();
  context.upstream.script = (reply) => reply.events(events);
  const reply = await ask(context, { body: chat(context, { stream: true, ...fields }) });
  equal(reply.status, 200, reply.text.slice(0, 200));
  return reply;
}

/** Every event comes through as it was, in its order, and `[DONE]` once at the end. */
async function expectSame(context: CheckContext, events: readonly unknown[], fields: Fields = {}): Promise<void> {
  const { text } = await streamed(context, events, fields);
  expectSameStream(context, text, events);
}

/** Answers as OpenAI does: a usage chunk where, and only where, it is asked for. */
function answerWithUsage(context: CheckContext, usage: unknown = usageChunk()): void {
  context.upstream.script = (reply, request) => {
    const options = request.json().stream_options as { include_usage?: boolean } | undefined;
    reply.events([...chunks('Hello'), ...(options?.include_usage === true ? [usage] : [])]);
  };
}

const withUsage = { stream_options: { include_usage: true } };
const call = (index: number, fields: Fields) => chunk({ tool_calls: [{ index, ...fields }] });
const start = (index: number, id: string, name: string, text = '') =>
  call(index, { id, type: 'function', function: { name, arguments: text } });
const more = (index: number, text: string) => call(index, { function: { arguments: text } });

/** C8–C10 and C15–C18: what a stream carries. */
export const streamChecks: readonly Check[] = [
  {
    number: 'C8',
    title: 'role, contents, finish, usage and one [DONE] come in their order',
    async run(context) {
      await expectSame(context, chunks('Hel', 'lo', ' ü😀'));
      await expectSame(context, [...chunks('Hello'), usageChunk()], withUsage);
    },
  },
  {
    number: 'C9',
    title: 'exactly one usage chunk where it was asked for, none where not',
    async run(context) {
      for (const [options, expected] of [
        [withUsage, 1],
        [{}, 0],
        [{ stream_options: { include_usage: false } }, 0],
      ] as const) {
        context.upstream.reset();
        answerWithUsage(context);
        const { text } = await ask(context, { body: chat(context, { stream: true, ...options }) });
        const got = readChunks(text);
        const carriers = got.filter(({ usage }) => usage !== undefined && usage !== null);
        equal(carriers.length, expected, `${JSON.stringify(options)} gives ${carriers.length} usage chunks`);
        // A chunk that was emptied of its usage must not stay behind.
        const hollow = got.filter(({ choices, usage }) => choices?.length === 0 && !usage);
        equal(hollow.length, 0, 'a hollow chunk was left');
        equal(doneCount(text), 1);
      }
    },
  },
  {
    number: 'C10',
    title: 'a usage chunk with empty, missing or idle choices is forwarded',
    async run(context) {
      const { choices: _, ...bare } = usageChunk();
      for (const usage of [usageChunk(), bare, { ...chunk({}), usage: usageChunk().usage }])
        await expectSame(context, [...chunks('Hello'), usage], withUsage);
    },
  },
  {
    number: 'C10',
    title: 'a usage chunk of every form is metered',
    ours: 'it looks into the store',
    async run(context) {
      const { choices: _, ...bare } = usageChunk();
      for (const usage of [usageChunk(), bare, { ...chunk({}), usage: usageChunk().usage }]) {
        const { headers } = await streamed(context, [...chunks('Hello'), usage], withUsage);
        const stored = await ask(context, {
          method: 'GET',
          path: `/admin/v1/calls/${headers['x-rightsize-call']}`,
          headers: { authorization: '' },
        });
        equal(stored.status, 200, stored.text.slice(0, 200));
        equal(stored.json.call.response.usage.total_tokens, 15);
      }
    },
  },
  {
    number: 'C15',
    title: 'fragments of tool calls keep index, id, name and every byte of the arguments',
    async run(context) {
      const opening = chunk({ role: 'assistant', content: null });
      const ending = chunk({}, { finish: 'tool_calls' });
      const cut = [
        start(0, 'call_a', 'get_weather'),
        more(0, '{"city":"M\\u00'),
        more(0, 'fcnchen \\ud83d'),
        more(0, '\\ude00"}'),
      ];
      await expectSame(context, [opening, ...cut, ending]);
      const [a, b] = [start(0, 'call_a', 'get_weather'), start(1, 'call_b', 'get_time')];
      await expectSame(context, [opening, a, more(0, '{"city":'), b, more(1, '{}'), more(0, '"Ulm"}'), ending]);
      await expectSame(context, [opening, start(0, 'call_a', 'get_weather', '{"city":"Ulm"}'), ending]);
      const both = {
        tool_calls: [0, 1].map((index) => ({
          index,
          id: `call_${index}`,
          type: 'function',
          function: { name: 'f', arguments: '{}' },
        })),
      };
      await expectSame(context, [opening, chunk(both), ending]);
    },
  },
  {
    number: 'C16',
    title: 'three interleaved choices keep their indices',
    async run(context) {
      const each = [0, 1, 2];
      const order = [2, 0, 1, 1, 0, 2];
      const events = [
        ...each.map((index) => chunk({ role: 'assistant', content: '' }, { index })),
        ...order.map((index, at) => chunk({ content: `${index}-${at} ` }, { index })),
        ...[1, 2, 0].map((index) => chunk({}, { index, finish: index === 2 ? 'length' : 'stop' })),
      ];
      if (context.isOurs) return expectSame(context, events, { n: 3 });
      const { text } = await streamed(context, events, { n: 3 });
      const got = readChunks(text).flatMap(({ choices }) => choices);
      for (const wanted of each) {
        const pieces = got.filter(({ index }) => index === wanted).map(({ delta }) => delta?.content ?? '');
        const sent = order.map((index, at) => (index === wanted ? `${index}-${at} ` : ''));
        equal(pieces.join(''), sent.join(''), `choice ${wanted}`);
      }
    },
  },
  {
    number: 'C17',
    title: 'reasoning fields and fields nobody knows pass through',
    async run(context) {
      await expectSame(context, [
        chunk({ role: 'assistant', content: null, reasoning_content: '' }),
        chunk({ reasoning_content: 'Let me think …' }),
        chunk({ reasoning: 'hm', reasoning_details: [{ type: 'reasoning.summary', summary: 's', signature: 'x' }] }),
        chunk({ content: 'Hello', obfuscation: 'aK2' }, { x_vendor: { a: 1 } }),
        chunk({}, { finish: 'stop' }),
      ]);
    },
  },
  {
    number: 'C18',
    title: 'a stream has its headers, and they come with its first event',
    async run(context) {
      let send: () => void = () => {};
      const waiting = new Promise<void>((resolve) => {
        send = resolve;
      });
      context.upstream.script = async (reply) => {
        reply.stream({ 'x-request-id': 'req_up' }).event(chunk({ role: 'assistant', content: '' }));
        await waiting;
        reply
          .event(chunk({ content: 'Hello' }))
          .event('[DONE]')
          .end();
      };
      try {
        const stream = await Promise.race([
          openStream(context, { body: chat(context, { stream: true }) }),
          new Promise<never>((_, reject) =>
            setTimeout(() => reject(new Error('no headers before the first token')), 3_000),
          ),
        ]);
        const { headers } = stream;
        ok(/^text\/event-stream/.test(String(headers['content-type'])), `content-type ${headers['content-type']}`);
        equal(headers['content-length'], undefined);
        ok(/no-cache/.test(String(headers['cache-control'])), `cache-control ${headers['cache-control']}`);
        equal(headers['x-accel-buffering'], 'no');
        await until(() => stream.text.includes('assistant'), 'the first event');
        send();
        await stream.ended;
        equal(doneCount(stream.text), 1);
      } finally {
        send();
      }
    },
  },
];
