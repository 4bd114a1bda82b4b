// LangChain for JavaScript: `@langchain/openai`.
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
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

const make = (fields = {}, baseURL = baseUrl) =>
  new ChatOpenAI({
    model: CLIENT_MODEL,
    apiKey: CLIENT_KEY,
    maxRetries: 0,
    configuration: { baseURL, defaultHeaders: headers },
    ...fields,
  });
const model = make();
const tools = ['get_weather', 'get_time'].map((name) => ({
  type: 'function',
  function: { name, description: name, parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}));
const short = (calls) => calls.map(({ id, name, args }) => [id, name, args]);

await runCases({
  async plain() {
    const message = await model.invoke('case: plain');
    equal([message.content, message.usage_metadata.total_tokens], [said, 15]);
  },
  async streamed() {
    let text = '';
    for await (const piece of await model.stream('case: plain')) text += piece.content;
    equal(text, said);
  },
  async tools() {
    equal(short((await model.bindTools(tools).invoke('case: tools')).tool_calls), [
      ['call_a', 'get_weather', { city: 'Köln' }],
    ]);
  },
  async 'parallel tools'() {
    const expected = [
      ['call_a', 'get_weather', { city: 'Köln' }],
      ['call_b', 'get_time', { city: 'Ulm' }],
    ];
    equal(short((await model.bindTools(tools).invoke('case: parallel')).tool_calls), expected);
    let whole = null;
    for await (const piece of await model.bindTools(tools).stream('case: parallel'))
      whole = whole === null ? piece : whole.concat(piece);
    equal(short(whole.tool_calls), expected);
  },
  async 'structured output'() {
    const structured = model.withStructuredOutput({ title: 'weather', ...weatherSchema }, { method: 'jsonSchema' });
    equal(await structured.invoke('case: structured'), weather);
  },
  async embeddings() {
    const embeddings = new OpenAIEmbeddings({
      model: CLIENT_MODEL,
      apiKey: CLIENT_KEY,
      maxRetries: 0,
      configuration: { baseURL: baseUrl, defaultHeaders: headers },
    });
    equal(await embeddings.embedDocuments(['a', 'b']), [
      [0.5, -0.25, 2, 1],
      [0.25, -0.25, 2, 2],
    ]);
  },
  async 'aborted stream'() {
    for await (const _ of await model.stream('case: abort')) break;
  },
  async 'aborted call'() {
    await throws(
      () => model.invoke('case: abort', { signal: AbortSignal.timeout(300) }),
      (error) => /abort|timeout/i.test(error.name + error.message),
      'abort',
    );
  },
  async errors() {
    await throws(
      () => model.invoke('case: bad'),
      ({ status, code }) => status === 400 && (!isOurs || code === 'some_code'),
      'a bad request',
    );
    await throws(
      () => model.invoke('case: limited'),
      (error) => error.status === 429 || /429/.test(error.message),
      'a rate limit',
    );
    if (!hasOwnKey) return;
    await throws(
      () => make({ apiKey: 'wrong' }).invoke('case: plain'),
      (error) => error.status === 401 || /401/.test(error.message),
      'a wrong key',
    );
  },
  async 'broken stream'() {
    await throws(
      async () => {
        for await (const _ of await model.stream('case: broken'));
      },
      () => true,
      'a stream that breaks',
    );
  },
  async 'base URLs'() {
    for (const baseURL of baseUrls)
      equal((await make({}, baseURL).invoke('case: plain')).content, said, baseURL.replace(/\d+/g, 'N'));
  },
});
