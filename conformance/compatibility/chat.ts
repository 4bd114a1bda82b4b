import { deepEqual, equal } from 'node:assert/strict';
import { chat, choice, completion } from '../bodies.ts';
import { type Check, type CheckContext, NotTestable } from '../check.ts';
import { ask } from '../client.ts';
import { expectContains } from '../expect-contains.ts';
import { expectError } from '../expect-error.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Sends a request with such fields and gives what the upstream got of it. */
async function forwarded(context: CheckContext, fields: Fields): Promise<Record<string, unknown>> {
  context.upstream.reset();
  context.upstream.script = (reply) => reply.json(200, completion('ok'));
  const { status, text } = await ask(context, { body: chat(context, fields) });
  equal(status, 200, `a request with ${Object.keys(fields)} is answered ${status}: ${text.slice(0, 200)}`);
  equal(context.upstream.requests.length, 1);
  return context.upstream.requests[0]?.json() ?? {};
}

/** Every field of the request stands at the upstream as it was sent. */
async function expectForwarded(context: CheckContext, fields: Fields): Promise<void> {
  const received = await forwarded(context, fields);
  for (const [name, value] of Object.entries(fields)) {
    // What is null may as well be left out.
    const [got, sent] = context.isOurs ? [received[name], value] : [withoutNulls(received[name]), withoutNulls(value)];
    deepEqual(got, sent, `\`${name}\` was changed`);
  }
}

function withoutNulls(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null), (_, field: unknown) => field ?? undefined);
}

/** Gives what the client gets when the upstream answers so. */
async function answered(context: CheckContext, body: unknown): Promise<Record<string, unknown>> {
  context.upstream.reset();
  context.upstream.script = (reply) => reply.json(200, body);
  const reply = await ask(context, { body: chat(context) });
  equal(reply.status, 200);
  return reply.json;
}

const tool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city.',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    },
    strict: true,
  },
};
const schema = { name: 'city', strict: true, schema: tool.function.parameters };
const pixel =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const user = (...parts: readonly unknown[]) => ({ messages: [{ role: 'user', content: parts }] });

/** C1–C7: chat completions that are not streamed. */
export const chatChecks: readonly Check[] = [
  {
    number: 'C1',
    title: 'unknown fields of requests and answers survive',
    async run(context) {
      const unknown = { x_vendor: { deep: [1, { b: null, a: 'ü😀' }], empty: {} }, 'x-other': false };
      await expectForwarded(context, unknown);
      const body = completion('ok', {
        x_vendor: unknown,
        choices: [choice({ role: 'assistant', content: 'ok', x_trace: [1] }, { x_score: 0.5 })],
      });
      expectContains(await answered(context, body), body);
    },
  },
  {
    number: 'C1',
    title: 'numbers keep their text where the body is forwarded raw',
    async run(context) {
      const { upstream, model } = context;
      const numbers = '"a":1.0,"b":9007199254740993,"c":1e2,"d":-0.0,"e":0.10';
      const sent = `{"model":${JSON.stringify(model)},"messages":[{"role":"user","content":"hi \\u00fc"}],"x_numbers":{${numbers}}}`;
      const answer = `{"id":"chatcmpl-1","object":"chat.completion","created":1790000000,"model":"m","x_numbers":{${numbers}},"choices":[{"index":0,"message":{"role":"assistant","content":"\\u00fc"},"finish_reason":"stop"}]}`;
      upstream.script = (reply) => reply.body(200, answer, { 'content-type': 'application/json' });
      const { text, status } = await ask(context, { body: sent });
      equal(status, 200);
      if (!context.isOurs && upstream.requests[0]?.text !== sent) throw new NotTestable('it writes every body anew');
      equal(upstream.requests[0]?.text, sent);
      equal(text, answer);
    },
  },
  {
    number: 'C2',
    title: 'every sampling and tool parameter reaches the upstream unchanged',
    async run(context) {
      await expectForwarded(context, {
        n: 2,
        seed: 7,
        logprobs: true,
        top_logprobs: 3,
        logit_bias: { '50256': -100 },
        temperature: 0.7,
        top_p: 0.9,
        presence_penalty: 0.5,
        frequency_penalty: -0.5,
        stop: ['END', '\n\n'],
        max_tokens: 5,
        user: 'user-1',
      });
      await expectForwarded(context, { max_completion_tokens: 17, stop: 'END' });
      await expectForwarded(context, { service_tier: 'flex', store: false, metadata: { job: 'a' } });
      // Other gateways know which models reason, and may refuse it for the rest.
      const body = chat(context, { reasoning_effort: 'low' });
      if (context.isOurs || (await ask(context, { body })).status === 200)
        await expectForwarded(context, { reasoning_effort: 'low' });
      await expectForwarded(context, { prediction: { type: 'content', content: 'Hello.' }, modalities: ['text'] });
      for (const tool_choice of ['auto', 'none', 'required', { type: 'function', function: { name: 'get_weather' } }])
        await expectForwarded(context, { tools: [tool], tool_choice, parallel_tool_calls: false });
    },
  },
  {
    number: 'C3',
    title: 'every response format is forwarded, and a refusal is kept',
    async run(context) {
      for (const response_format of [
        { type: 'text' },
        { type: 'json_object' },
        { type: 'json_schema', json_schema: schema },
      ])
        await expectForwarded(context, { response_format });
      const refusal = completion(null, {
        choices: [choice({ role: 'assistant', content: null, refusal: 'I cannot say.' })],
      });
      const got = await answered(context, refusal);
      if (context.isOurs) deepEqual(got, refusal);
      else expectContains(got.choices, [{ message: { refusal: 'I cannot say.' } }]);
    },
  },
  {
    number: 'C4',
    title: 'content as text and as every kind of part is forwarded',
    async run(context) {
      const text = { type: 'text', text: 'What is this? ü' };
      await expectForwarded(context, { messages: [{ role: 'user', content: 'plain' }] });
      await expectForwarded(context, user(text));
      await expectForwarded(
        context,
        user(text, { type: 'image_url', image_url: { url: 'https://images.test/cat.png', detail: 'low' } }),
      );
      await expectForwarded(context, user(text, { type: 'image_url', image_url: { url: pixel } }));
      await expectForwarded(
        context,
        user(text, { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } }),
      );
      await expectForwarded(
        context,
        user(text, { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERg==' } }),
      );
    },
  },
  {
    number: 'C4',
    title: 'a body of 20 MB is accepted',
    async run(context) {
      const url = `data:image/png;base64,${'iVBORw0KGgo'.repeat(1_900_000).slice(0, 20_000_000)}`;
      await expectForwarded(context, user({ type: 'image_url', image_url: { url } }));
    },
  },
  {
    number: 'C4',
    title: 'a body of the limit is accepted, one byte more is 413 in the error shape',
    ours: 'the limit is a setting',
    async run({ startOurs }) {
      const limit = 100_000;
      const ours = await startOurs({ settings: { maxBodyBytes: limit } });
      ours.upstream.script = (reply) => reply.json(200, completion('ok'));
      const plain = JSON.stringify(chat({ model: 'gpt-4o-mini' }));
      for (const isChunked of [false, true]) {
        const headers: Record<string, string> = isChunked ? { 'transfer-encoding': 'chunked' } : {};
        equal((await ask(ours, { body: plain.padEnd(limit), headers })).status, 200);
        expectError(await ask(ours, { body: plain.padEnd(limit + 1), headers }), { status: 413 });
      }
      equal(ours.upstream.requests.length, 2);
    },
  },
  {
    number: 'C5',
    title: 'every role is forwarded, and assistant messages without content',
    async run(context) {
      const call = { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Ulm"}' } };
      // To models that do not know the role another gateway may send what a developer says as the system's.
      const developer = { role: 'developer', content: 'Use tools.' };
      const { messages } = await forwarded(context, { messages: [developer, { role: 'user', content: 'hi' }] });
      expectContains(messages, [{ content: 'Use tools.' }, { role: 'user', content: 'hi' }]);
      if (context.isOurs) expectContains(messages, [developer, {}]);
      await expectForwarded(context, {
        tools: [tool],
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Weather?', name: 'ann' },
          { role: 'assistant', content: null, tool_calls: [call] },
          { role: 'tool', tool_call_id: 'call_1', content: '{"c":3}' },
          { role: 'assistant', content: 'It is 3 °C.' },
          { role: 'user', content: 'Thanks.' },
        ],
      });
    },
  },
  {
    number: 'C6',
    title: 'usage with its details, fingerprint, tier, id and time come back intact',
    async run(context) {
      const body = completion('ok', {
        id: 'chatcmpl-C6',
        created: 1_790_000_123,
        system_fingerprint: 'fp_6',
        service_tier: 'default',
        usage: {
          prompt_tokens: 100,
          completion_tokens: 20,
          total_tokens: 120,
          prompt_tokens_details: { cached_tokens: 64, audio_tokens: 0 },
          completion_tokens_details: {
            reasoning_tokens: 11,
            audio_tokens: 0,
            accepted_prediction_tokens: 2,
            rejected_prediction_tokens: 1,
          },
        },
      });
      const got = await answered(context, body);
      if (context.isOurs) deepEqual(got, body);
      const { id, created, system_fingerprint, service_tier, usage } = body;
      expectContains(got, { id, created, system_fingerprint, service_tier, usage });
    },
  },
  {
    number: 'C7',
    title: 'several choices keep their order and their finish reasons',
    async run(context) {
      const reasons = ['stop', 'length', 'tool_calls', 'content_filter'];
      const choices = reasons.map((finish_reason, index) =>
        choice({ role: 'assistant', content: `answer ${index}`, refusal: null }, { index, finish_reason }),
      );
      const got = await answered(context, completion(null, { choices }));
      if (context.isOurs) deepEqual(got.choices, choices);
      const told = choices.map(({ index, finish_reason, message }) => ({
        index,
        finish_reason,
        message: { content: (message as { content: string }).content },
      }));
      expectContains(got.choices, told);
    },
  },
];
