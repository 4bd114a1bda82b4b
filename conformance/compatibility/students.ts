import { deepEqual, equal, ok } from 'node:assert/strict';
import OpenAI from 'openai';
import { chunks, completion, usageChunk } from '../bodies.ts';
import type { Check, CheckContext } from '../check.ts';
import { ask, type Reply } from '../client.ts';
import { doneCount, readChunks } from '../read-events.ts';
import { answerTickets, type StudentGateway, startWithStudent } from '../student-folder.ts';

const needsStudent = 'nobody else has students';
const departments = ['billing', 'travel', 'health'];
const pixel =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } };
const schema = {
  type: 'object',
  properties: { department: { type: 'string' } },
  required: ['department'],
  additionalProperties: false,
};

/** What a request may ask for that no student can give, or that this student never saw. */
const beyond: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  tools: { tools: [tool] },
  'a forced tool': { tools: [tool], tool_choice: 'required' },
  'several choices': { n: 2 },
  logprobs: { logprobs: true, top_logprobs: 2 },
  'a schema that the student does not cover': {
    response_format: { type: 'json_schema', json_schema: { name: 'd', strict: true, schema } },
  },
  JSON: { response_format: { type: 'json_object' } },
  'an unknown sampling field': { x_sampler: 'mirostat' },
  'another temperature': { temperature: 1.9 },
  'a forced seed': { seed: 7 },
  'a stop word': { stop: ['e'] },
  'too few tokens': { max_tokens: 1 },
  'an audio answer': { modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'wav' } },
};

function isStudents({ headers }: Reply): boolean {
  return headers['x-rightsize-answered-by'] === 'student';
}

/** The upstream answers, under its own id, and no student had a part in it. */
async function expectUpstream({ ours }: StudentGateway, body: Record<string, unknown>): Promise<void> {
  const before = ours.upstream.requests.length;
  const reply = await ask(ours, { body });
  equal(reply.status, 200, reply.text.slice(0, 200));
  ok(!isStudents(reply), 'the student answered');
  equal(reply.json.id, completion('').id);
  equal(ours.upstream.requests.length, before + 1);
  ok(reply.headers['x-rightsize-reason'], 'no reason is told');
}

/** One gateway for all conditions of C37. */
const shared = new WeakMap<CheckContext, Promise<StudentGateway>>();

function sharedStudent(context: CheckContext): Promise<StudentGateway> {
  const started = shared.get(context) ?? withStudent(context, true);
  shared.set(context, started);
  return started;
}

async function withStudent(context: CheckContext, isShared = false): Promise<StudentGateway> {
  const gateway = await startWithStudent(context, { isShared });
  gateway.ours.upstream.script = answerTickets;
  return gateway;
}

function withImage(body: Record<string, unknown>): Record<string, unknown> {
  const messages = body.messages as readonly { readonly role: string; readonly content: string }[];
  const parts = (text: string) => [
    { type: 'text', text },
    { type: 'image_url', image_url: { url: pixel } },
  ];
  return {
    ...body,
    messages: messages.map((message) =>
      message.role === 'user' ? { ...message, content: parts(message.content) } : message,
    ),
  };
}

const optional = new Set(['system_fingerprint', 'service_tier', 'obfuscation', 'usage']);

/** Which fields a chunk has, and of what type each is; the texts themselves do not matter. */
function grammar(value: unknown): unknown {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.map(grammar);
  if (typeof value !== 'object') return typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !optional.has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]) => [name, grammar(field)]),
  );
}

/** C20, C37 and C38: what students answer, and what they do not. */
export const studentChecks: readonly Check[] = [
  ...Object.entries(beyond).map(
    ([what, fields]): Check => ({
      number: 'C37',
      title: `no student answers a request for ${what}`,
      ours: needsStudent,
      async run(context) {
        const gateway = await sharedStudent(context);
        ok(
          isStudents(await ask(gateway.ours, { body: gateway.next() })),
          'the student does not answer the plain request',
        );
        await expectUpstream(gateway, gateway.next(fields));
        ok(
          isStudents(await ask(gateway.ours, { body: gateway.next() })),
          'the student stopped answering plain requests',
        );
      },
    }),
  ),
  {
    number: 'C37',
    title: 'no student answers a request with an image',
    ours: needsStudent,
    async run(context) {
      const gateway = await sharedStudent(context);
      await expectUpstream(gateway, withImage(gateway.next()));
    },
  },
  {
    number: 'C38',
    title: 'an answer from here has usage, finish reason, id and time, and says whose it is',
    ours: needsStudent,
    async run(context) {
      const { ours, next } = await withStudent(context);
      const { status, headers, json } = await ask(ours, { body: next() });
      equal(status, 200);
      equal(headers['x-rightsize-answered-by'], 'student');
      ok(/^[0-9a-f]{16,}$/.test(String(headers['x-rightsize-student'])), `version ${headers['x-rightsize-student']}`);
      ok(Number(headers['x-rightsize-score']) > 0);
      ok(headers['x-request-id']);
      ok(/^chatcmpl-\w+$/.test(json.id), `id ${json.id}`);
      ok(Math.abs(json.created - Date.now() / 1000) < 60, `created ${json.created}`);
      deepEqual([json.object, json.choices.length, json.choices[0].finish_reason], ['chat.completion', 1, 'stop']);
      ok(departments.includes(json.choices[0].message.content));
      const { prompt_tokens, completion_tokens, total_tokens } = json.usage;
      ok(prompt_tokens > 0 && completion_tokens > 0);
      equal(total_tokens, prompt_tokens + completion_tokens);
      equal(ours.upstream.requests.length, 0);
    },
  },
  {
    number: 'C38',
    title: 'a request header forces the upstream',
    ours: needsStudent,
    async run(context) {
      const { ours, next } = await withStudent(context);
      const reply = await ask(ours, { body: next(), headers: { 'x-rightsize-answer': 'teacher' } });
      ok(!isStudents(reply));
      equal(ours.upstream.requests.length, 1);
      equal(ours.upstream.requests[0]?.headers['x-rightsize-answer'], undefined, 'the header went upstream');
    },
  },
  {
    number: 'C20',
    title: "a student's stream has the grammar of the upstream's, chunk by chunk",
    ours: needsStudent,
    async run(context) {
      const { ours, next } = await withStudent(context);
      const stream_options = { include_usage: true };
      const local = await ask(ours, { body: next({ stream: true, stream_options }) });
      ok(isStudents(local), 'the student did not answer');
      ours.upstream.script = (reply) => reply.events([...chunks('travel'), usageChunk()]);
      const upstream = await ask(ours, {
        body: next({ stream: true, stream_options }),
        headers: { 'x-rightsize-answer': 'teacher' },
      });
      deepEqual(readChunks(local.text).map(grammar), readChunks(upstream.text).map(grammar));
      equal(doneCount(local.text), 1);
      const usage = readChunks(local.text).filter((chunk) => chunk.usage);
      equal(usage.length, 1);
      for (const name of ['content-type', 'cache-control', 'x-accel-buffering'])
        equal(local.headers[name], upstream.headers[name], name);
      equal(local.headers['content-length'], undefined);
      const [first] = readChunks(local.text);
      for (const { id, created, model } of readChunks(local.text))
        deepEqual([id, created, model], [first.id, first.created, first.model]);
    },
  },
  {
    number: 'C20',
    title: "OpenAI's client reads a student's stream, with and without usage",
    ours: needsStudent,
    async run(context) {
      const { ours, next } = await withStudent(context);
      const client = new OpenAI({ baseURL: ours.baseUrl, apiKey: ours.key, maxRetries: 0 });
      for (const fields of [{}, { stream_options: { include_usage: true } }]) {
        const stream = client.chat.completions.stream({ ...next(fields), stream: true } as never);
        const final = await stream.finalChatCompletion();
        ok(departments.includes(final.choices[0]?.message.content ?? ''));
        equal(final.choices[0]?.finish_reason, 'stop');
        equal(final.usage !== undefined && final.usage !== null, 'stream_options' in fields);
      }
      equal(ours.upstream.requests.length, 0);
    },
  },
];
