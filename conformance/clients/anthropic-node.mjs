// The official `@anthropic-ai/sdk`.
import Anthropic from '@anthropic-ai/sdk';
import {
  CLIENT_KEY,
  CLIENT_MODEL,
  CLIENT_ORIGIN,
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

const options = { baseURL: CLIENT_ORIGIN, apiKey: CLIENT_KEY, maxRetries: 0, defaultHeaders: headers };
const client = new Anthropic(options);
const body = (name, fields = {}) => ({
  model: CLIENT_MODEL,
  max_tokens: 100,
  messages: [{ role: 'user', content: `case: ${name}` }],
  ...fields,
});
const create = (name, fields, request) => client.messages.create(body(name, fields), request);
const tools = ['get_weather', 'get_time'].map((name) => ({
  name,
  input_schema: { type: 'object', properties: { city: { type: 'string' } } },
}));
const uses = ({ content }) =>
  content.filter(({ type }) => type === 'tool_use').map(({ id, name, input }) => [id, name, input]);

await runCases({
  async plain() {
    const message = await create('plain');
    equal([message.type, message.role, message.stop_reason], ['message', 'assistant', 'end_turn']);
    equal(message.content[0].text, said);
    equal([message.usage.input_tokens, message.usage.output_tokens], [12, 3]);
  },
  async streamed() {
    const stream = client.messages.stream(body('plain'));
    let text = '';
    stream.on('text', (delta) => {
      text += delta;
    });
    const message = await stream.finalMessage();
    equal([text, message.content[0].text, message.stop_reason], [said, said, 'end_turn']);
    equal(message.usage.output_tokens, 3, 'usage');
  },
  async tools() {
    const message = await create('tools', { tools });
    equal([message.stop_reason, uses(message)], ['tool_use', [['call_a', 'get_weather', { city: 'Köln' }]]]);
    equal(uses(await client.messages.stream(body('tools', { tools })).finalMessage()), [
      ['call_a', 'get_weather', { city: 'Köln' }],
    ]);
  },
  async 'parallel tools'() {
    const expected = [
      ['call_a', 'get_weather', { city: 'Köln' }],
      ['call_b', 'get_time', { city: 'Ulm' }],
    ];
    equal(uses(await create('parallel', { tools })), expected);
    equal(uses(await client.messages.stream(body('parallel', { tools })).finalMessage()), expected);
  },
  async 'structured output'() {
    const forced = {
      tools: [{ name: 'weather', input_schema: weatherSchema }],
      tool_choice: { type: 'tool', name: 'weather' },
    };
    equal(uses(await create('structured', forced)), [['call_a', 'weather', weather]]);
  },
  async 'token count'() {
    if (!isOurs) return;
    // An upstream that speaks OpenAI's API cannot count; that is said, not guessed.
    await throws(
      () => client.messages.countTokens({ model: CLIENT_MODEL, messages: body('plain').messages }),
      (error) => error instanceof Anthropic.NotFoundError && error.error.type === 'error',
      'a count of tokens',
    );
  },
  async 'aborted stream'() {
    for await (const _ of await create('abort', { stream: true })) break;
  },
  async 'aborted call'() {
    const hanging = new AbortController();
    setTimeout(() => hanging.abort(), 300);
    await throws(
      () => create('abort', {}, { signal: hanging.signal }),
      (error) => error instanceof Anthropic.APIUserAbortError,
      'abort',
    );
  },
  async errors() {
    await throws(
      () => create('bad'),
      (error) =>
        error instanceof Anthropic.BadRequestError &&
        error.error.type === 'error' &&
        typeof error.error.error.message === 'string',
      'a bad request',
    );
    await throws(
      () => create('limited'),
      (error) => error instanceof Anthropic.RateLimitError,
      'a rate limit',
    );
    if (!hasOwnKey) return;
    const stranger = new Anthropic({ ...options, apiKey: 'wrong' });
    await throws(
      () => stranger.messages.create(body('plain')),
      (error) => error instanceof Anthropic.AuthenticationError,
      'a wrong key',
    );
  },
  async 'broken stream'() {
    await throws(
      async () => {
        for await (const _ of await create('broken', { stream: true }));
      },
      (error) => error instanceof Anthropic.APIError,
      'a stream that breaks',
    );
  },
  async 'base URLs and keys'() {
    const own = isOurs ? [`${CLIENT_ORIGIN}/anthropic`, `${CLIENT_ORIGIN}/anthropic/`] : [];
    for (const baseURL of [CLIENT_ORIGIN, `${CLIENT_ORIGIN}/`, ...own])
      for (const key of [{ apiKey: CLIENT_KEY }, { apiKey: null, authToken: CLIENT_KEY }]) {
        const message = await new Anthropic({ ...options, ...key, baseURL }).messages
          .create(body('plain'))
          .catch((error) => {
            throw new Error(`${baseURL.replace(/\d+/g, 'N')}: ${error.message}`);
          });
        equal(message.content[0].text, said);
      }
  },
});
