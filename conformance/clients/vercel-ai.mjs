// The Vercel AI SDK: `ai` with `@ai-sdk/openai` and `@ai-sdk/anthropic`.
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { APICallError, embedMany, generateObject, generateText, jsonSchema, streamText, tool } from 'ai';
import {
  baseUrl,
  baseUrls,
  CLIENT_KEY,
  CLIENT_MODEL,
  equal,
  hasOwnKey,
  headers,
  isOurs,
  runCases,
  said,
  throws,
  weather,
  weatherSchema,
} from './run-cases.mjs';

const options = { baseURL: baseUrl, apiKey: CLIENT_KEY, headers };
const provider = createOpenAI(options);
const model = provider.chat(CLIENT_MODEL);
const inputSchema = jsonSchema({ type: 'object', properties: { city: { type: 'string' } } });
const tools = { get_weather: tool({ inputSchema }), get_time: tool({ inputSchema }) };
const ask = (name, fields = {}) => generateText({ model, prompt: `case: ${name}`, maxRetries: 0, ...fields });
const stream = (name, fields = {}) =>
  streamText({ model, prompt: `case: ${name}`, maxRetries: 0, onError: () => {}, ...fields });
const short = (calls) => calls.map(({ toolCallId, toolName, input }) => [toolCallId, toolName, input]);

async function textOf({ textStream }) {
  let text = '';
  for await (const piece of textStream) text += piece;
  return text;
}

await runCases({
  async plain() {
    const { text, usage } = await ask('plain');
    equal([text, usage.totalTokens], [said, 15]);
  },
  async streamed() {
    const answer = stream('plain');
    equal(await textOf(answer), said);
    equal((await answer.usage).totalTokens, 15, 'usage');
  },
  async tools() {
    equal(short((await ask('tools', { tools })).toolCalls), [['call_a', 'get_weather', { city: 'Köln' }]]);
  },
  async 'parallel tools'() {
    const expected = [
      ['call_a', 'get_weather', { city: 'Köln' }],
      ['call_b', 'get_time', { city: 'Ulm' }],
    ];
    equal(short((await ask('parallel', { tools })).toolCalls), expected);
    equal(short(await stream('parallel', { tools }).toolCalls), expected);
  },
  async 'structured output'() {
    const { object } = await generateObject({
      model,
      prompt: 'case: structured',
      schema: jsonSchema(weatherSchema),
      maxRetries: 0,
    });
    equal(object, weather);
  },
  async embeddings() {
    const { embeddings } = await embedMany({
      model: provider.embedding(CLIENT_MODEL),
      values: ['a', 'b'],
      maxRetries: 0,
    });
    equal(embeddings, [
      [0.5, -0.25, 2, 1],
      [0.25, -0.25, 2, 2],
    ]);
  },
  async responses() {
    if (!isOurs) return;
    const responses = provider.responses(CLIENT_MODEL);
    equal((await ask('plain', { model: responses })).text, said);
    equal(await textOf(stream('plain', { model: responses })), said);
  },
  async 'Anthropic provider'() {
    if (!isOurs) return;
    const anthropic = createAnthropic(options)(CLIENT_MODEL);
    equal((await ask('plain', { model: anthropic })).text, said);
    equal(await textOf(stream('plain', { model: anthropic })), said);
    equal(short((await ask('parallel', { model: anthropic, tools })).toolCalls).length, 2);
  },
  async 'aborted stream'() {
    const hanging = new AbortController();
    const { textStream } = stream('abort', { abortSignal: hanging.signal });
    for await (const _ of textStream) {
      hanging.abort();
      break;
    }
  },
  async 'aborted call'() {
    await throws(
      () => ask('abort', { abortSignal: AbortSignal.timeout(300) }),
      (error) => /abort|timeout/i.test(error.name + error.message),
      'abort',
    );
  },
  async errors() {
    const isCallError = (status) => (error) =>
      APICallError.isInstance(error) && error.statusCode === status && /says no/.test(error.message);
    await throws(() => ask('bad'), isCallError(400), 'a bad request');
    await throws(() => ask('limited'), isCallError(429), 'a rate limit');
    if (!hasOwnKey) return;
    const stranger = createOpenAI({ ...options, apiKey: 'wrong' }).chat(CLIENT_MODEL);
    await throws(
      () => ask('plain', { model: stranger }),
      (error) => error.statusCode === 401,
      'a wrong key',
    );
  },
  async 'broken stream'() {
    let seen = null;
    const answer = stream('broken', {
      onError: ({ error }) => {
        seen = error;
      },
    });
    await textOf(answer).catch(() => {});
    if (seen === null) throw new Error('nothing was thrown');
  },
  async 'base URLs'() {
    for (const baseURL of baseUrls)
      equal(
        (await ask('plain', { model: createOpenAI({ ...options, baseURL }).chat(CLIENT_MODEL) })).text,
        said,
        baseURL.replace(/\d+/g, 'N'),
      );
  },
});
