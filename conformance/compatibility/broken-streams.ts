import { equal, ok, rejects } from 'node:assert/strict';
import OpenAI from 'openai';
import { chat, chunk, eventText } from '../bodies.ts';
import type { Check, CheckContext } from '../check.ts';
import { openStream, pause } from '../client.ts';
import { errorOf } from '../expect-error.ts';
import { doneCount, readEvents } from '../read-events.ts';
import type { UpstreamReply } from '../upstream-reply.ts';

const half = eventText(chunk({ content: 'never seen whole' })).slice(0, 60);

/** Ways in which an upstream dies in the middle of a stream. */
const deaths: Readonly<Record<string, (reply: UpstreamReply) => void>> = {
  'a reset between two events': (reply) => reply.reset(),
  'a reset in the middle of an event': (reply) => {
    reply.write(half);
    setTimeout(() => reply.reset(), 30);
  },
  'a close between two events': (reply) => reply.close(),
  'a close in the middle of an event': (reply) => {
    reply.write(half);
    setTimeout(() => reply.close(), 30);
  },
};

async function dying(reply: UpstreamReply, die: (reply: UpstreamReply) => void): Promise<void> {
  reply
    .stream()
    .event(chunk({ role: 'assistant', content: '' }))
    .event(chunk({ content: 'Hel' }));
  await pause(50);
  die(reply);
}

async function expectErrorEvent(
  context: CheckContext,
  what: string,
  die: (reply: UpstreamReply) => void,
): Promise<void> {
  context.upstream.reset();
  context.upstream.script = (reply) => dying(reply, die);
  const stream = await openStream(context, { body: chat(context, { stream: true }) });
  await stream.ended;
  equal(stream.status, 200);
  equal(context.upstream.requests.length, 1, `${what}: asked again behind the first byte`);
  equal(doneCount(stream.text), 0, `${what}: ends with [DONE] as if it were whole`);
  const last = readEvents(stream.text).at(-1)?.data ?? '';
  ok(/^\{"error"/.test(last), `${what}: the last event is ${last.slice(0, 100)}`);
  // The line asks for an error that can be read; its shape is C21's.
  if (context.isOurs) errorOf(last);
  ok(typeof JSON.parse(last).error?.message === 'string', `${what}: no message in ${last.slice(0, 100)}`);
  ok(stream.text.endsWith('\n\n'), `${what}: the last event is not closed`);
  const before = stream.text.slice(0, stream.text.lastIndexOf('data: {"error"'));
  ok(before.endsWith('\n\n'), `${what}: the error is glued to ${JSON.stringify(before.slice(-40))}`);
}

/** C25: a stream whose upstream dies behind its first event. */
export const brokenStreamChecks: readonly Check[] = [
  {
    number: 'C25',
    title: 'the stream ends in one error event of its own, without [DONE]',
    async run(context) {
      for (const [what, die] of Object.entries(deaths)) await expectErrorEvent(context, what, die);
    },
  },
  {
    number: 'C25',
    title: "OpenAI's client throws",
    async run(context) {
      const client = new OpenAI({
        baseURL: context.baseUrl,
        apiKey: context.key,
        defaultHeaders: context.clientHeaders,
        maxRetries: 0,
        logLevel: 'off',
      });
      for (const die of Object.values(deaths)) {
        context.upstream.script = (reply) => dying(reply, die);
        const stream = await client.chat.completions.create({
          model: context.model,
          messages: [{ role: 'user', content: 'hi' }],
          stream: true,
        });
        await rejects(async () => {
          for await (const _ of stream);
        });
      }
    },
  },
];
