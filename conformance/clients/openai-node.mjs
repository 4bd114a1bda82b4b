// The official `openai` package, in the version that CLIENT_PACKAGE names.
import {
  baseUrl,
  baseUrls,
  CLIENT_KEY,
  CLIENT_MODEL,
  CLIENT_PACKAGE,
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

const { default: OpenAI } = await import(CLIENT_PACKAGE);
const options = { baseURL: baseUrl, apiKey: CLIENT_KEY, maxRetries: 0, defaultHeaders: headers };
const client = new OpenAI(options);
const body = (name, fields = {}) => ({
  model: CLIENT_MODEL,
  messages: [{ role: 'user', content: `case: ${name}` }],
  ...fields,
});
const create = (name, fields, request) => client.chat.completions.create(body(name, fields), request);
const tools = ['get_weather', 'get_time'].map((name) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}));

async function streamedCalls(name) {
  const calls = [];
  for await (const { choices } of await create(name, { tools, stream: true }))
    for (const { index, id, function: part } of choices[0]?.delta?.tool_calls ?? []) {
      calls[index] ??= { id, name: part.name, arguments: '' };
      calls[index].arguments += part.arguments ?? '';
    }
  return calls.map((call) => [call.id, call.name, JSON.parse(call.arguments)]);
}

await runCases({
  async plain() {
    const completion = await create('plain');
    equal(completion.choices[0].message.content, said);
    equal(completion.usage.total_tokens, 15);
    if (isOurs && !completion._request_id) throw new Error('no _request_id');
  },
  async streamed() {
    let text = '';
    let usage = null;
    for await (const chunk of await create('plain', { stream: true, stream_options: { include_usage: true } })) {
      text += chunk.choices[0]?.delta?.content ?? '';
      usage = chunk.usage ?? usage;
    }
    equal(text, said);
    equal(usage?.total_tokens, 15, 'usage');
  },
  async tools() {
    const { choices } = await create('tools', { tools });
    equal(choices[0].finish_reason, 'tool_calls');
    equal(JSON.parse(choices[0].message.tool_calls[0].function.arguments), { city: 'Köln' });
    equal(await streamedCalls('tools'), [['call_a', 'get_weather', { city: 'Köln' }]]);
  },
  async 'parallel tools'() {
    const expected = [
      ['call_a', 'get_weather', { city: 'Köln' }],
      ['call_b', 'get_time', { city: 'Ulm' }],
    ];
    const { choices } = await create('parallel', { tools });
    equal(
      choices[0].message.tool_calls.map((call) => [call.id, call.function.name, JSON.parse(call.function.arguments)]),
      expected,
    );
    equal(await streamedCalls('parallel'), expected);
  },
  async 'structured output'() {
    const response_format = {
      type: 'json_schema',
      json_schema: { name: 'weather', strict: true, schema: weatherSchema },
    };
    const completions = client.chat.completions.parse ? client.chat.completions : client.beta.chat.completions;
    const { choices } = await completions.parse(body('structured', { response_format }));
    equal(JSON.parse(choices[0].message.content), weather);
  },
  async embeddings() {
    const vectors = [];
    for (const encoding_format of ['float', 'base64', undefined]) {
      const { data } = await client.embeddings.create({
        model: CLIENT_MODEL,
        input: ['a', 'b'],
        ...(encoding_format && { encoding_format }),
      });
      const read = (vector) =>
        typeof vector === 'string'
          ? [...new Float32Array(new Uint8Array(Buffer.from(vector, 'base64')).buffer)]
          : vector;
      vectors.push(data.map(({ embedding }) => read(embedding)));
    }
    equal(
      vectors,
      Array(3).fill([
        [0.5, -0.25, 2, 1],
        [0.25, -0.25, 2, 2],
      ]),
    );
  },
  async responses() {
    if (!client.responses || !isOurs) return;
    const answer = await client.responses.create({ model: CLIENT_MODEL, input: 'case: plain' });
    equal(answer.output_text, said);
    let text = '';
    let last;
    for await (const event of await client.responses.create({
      model: CLIENT_MODEL,
      input: 'case: plain',
      stream: true,
    })) {
      if (event.type === 'response.output_text.delta') text += event.delta;
      last = event;
    }
    equal([text, last.type], [said, 'response.completed']);
  },
  async 'aborted stream'() {
    for await (const _ of await create('abort', { stream: true })) break;
  },
  async 'aborted call'() {
    const hanging = new AbortController();
    setTimeout(() => hanging.abort(), 300);
    await throws(
      () => create('abort', {}, { signal: hanging.signal }),
      (error) => error instanceof OpenAI.APIUserAbortError,
      'abort',
    );
  },
  async errors() {
    await throws(
      () => create('bad'),
      (error) =>
        error instanceof OpenAI.BadRequestError &&
        (!isOurs || (error.code === 'some_code' && error.param === 'messages')),
      'a bad request',
    );
    await throws(
      () => create('limited'),
      (error) => error instanceof OpenAI.RateLimitError && (!isOurs || error.code === 'rate_limit_exceeded'),
      'a rate limit',
    );
    await throws(
      () => create('bad', { stream: true }),
      (error) => error instanceof OpenAI.BadRequestError,
      'a bad stream',
    );
    if (!hasOwnKey) return;
    const stranger = new OpenAI({ ...options, apiKey: 'wrong' });
    await throws(
      () => stranger.chat.completions.create(body('plain')),
      (error) => error instanceof OpenAI.AuthenticationError && (!isOurs || error.code === 'invalid_api_key'),
      'a wrong key',
    );
  },
  async 'broken stream'() {
    await throws(
      async () => {
        for await (const _ of await create('broken', { stream: true }));
      },
      (error) => error instanceof OpenAI.APIError,
      'a stream that breaks',
    );
  },
  async 'base URLs'() {
    for (const baseURL of baseUrls) {
      const other = new OpenAI({ ...options, baseURL });
      const completion = await other.chat.completions.create(body('plain')).catch((error) => {
        throw new Error(`${baseURL.replace(/\d+/g, 'N')}: ${error.message}`);
      });
      equal(completion.choices[0].message.content, said);
    }
  },
});
