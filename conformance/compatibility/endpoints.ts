import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import OpenAI from 'openai';
import { type Check, type CheckContext, NotTestable } from '../check.ts';
import { ask, openStream, pause, until } from '../client.ts';
import { responseEvents, responseOf } from '../clients/client-responses.ts';
import { expectContains } from '../expect-contains.ts';
import { errorOf } from '../expect-error.ts';
import { headerLines, openRaw } from '../raw-client.ts';
import { readEvents } from '../read-events.ts';

const vectors = [
  [0.5, -0.25, 2, 1],
  [0.125, 3, -1, 0],
];

function packed(vector: readonly number[]): string {
  return Buffer.from(Float32Array.from(vector).buffer).toString('base64');
}

/** Answers as OpenAI does, or, where it knows floats only, as many servers do. */
function embed(context: CheckContext, knowsBase64: boolean): void {
  context.upstream.script = (reply, { json }) => {
    const isPacked = knowsBase64 && json().encoding_format === 'base64';
    const data = vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: isPacked ? packed(vector) : vector,
    }));
    reply.json(200, {
      object: 'list',
      model: 'text-embedding-3-small',
      data,
      usage: { prompt_tokens: 2, total_tokens: 2 },
    });
  };
}

async function expectEqualVectors(context: CheckContext): Promise<void> {
  const client = new OpenAI({
    baseURL: context.baseUrl,
    apiKey: context.key,
    defaultHeaders: context.clientHeaders,
    maxRetries: 0,
  });
  for (const encoding_format of ['float', 'base64', undefined] as const) {
    const { data } = await client.embeddings.create({
      model: context.model,
      input: ['a', 'b'],
      ...(encoding_format && { encoding_format }),
    });
    const got = data.map(({ embedding }) => (typeof embedding === 'string' ? floatsOf(embedding) : embedding));
    deepEqual(got, vectors, `encoding_format ${encoding_format}`);
  }
}

function floatsOf(text: string): readonly number[] {
  const bytes = Buffer.from(text, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4));
}

const responses = '/v1/responses';
const boundary = '----ConformanceFormBoundary7MA4YWxk';

/** C31–C33 and C35: everything beside chat completions, but Anthropic's. */
export const endpointChecks: readonly Check[] = [
  {
    number: 'C31',
    title: 'the list of models and a single model have the shape of OpenAI’s',
    async run(context) {
      const data = ['gpt-4o-mini', 'gpt-4o'].map((id) => ({
        id,
        object: 'model',
        created: 1_790_000_000,
        owned_by: 'openai',
      }));
      context.upstream.script = (reply, { path }) =>
        path.endsWith('/models') ? reply.json(200, { object: 'list', data }) : reply.json(200, data[0]);
      const list = await ask(context, { method: 'GET', path: '/v1/models' });
      equal(list.status, 200);
      equal(list.json.object, 'list');
      ok(Array.isArray(list.json.data) && list.json.data.length > 0, 'no models');
      for (const model of list.json.data) {
        deepEqual(
          [typeof model.id, model.object, typeof model.created, typeof model.owned_by],
          ['string', 'model', 'number', 'string'],
        );
        const one = await ask(context, { method: 'GET', path: `/v1/models/${encodeURIComponent(model.id)}` });
        equal(`${one.status} ${one.json.object}`, '200 model');
      }
    },
  },
  {
    number: 'C32',
    title: 'text, texts, tokens and dimensions of embeddings reach the upstream',
    async run(context) {
      const { upstream, model } = context;
      embed(context, true);
      for (const input of ['text', ['a', 'b'], [1, 2, 3], [[1, 2], [3]]]) {
        const fields = { input, dimensions: 4, user: 'u' };
        let reply = await ask(context, { path: '/v1/embeddings', body: { model, ...fields } });
        // Other gateways know which models can shorten their vectors, and may refuse it for the rest.
        const isRefused = !context.isOurs && reply.status === 400;
        const asked = isRefused ? { input, user: 'u' } : fields;
        if (isRefused) reply = await ask(context, { path: '/v1/embeddings', body: { model, ...asked } });
        equal(reply.status, 200, reply.text.slice(0, 200));
        expectContains(upstream.requests.at(-1)?.json(), asked, 'the request');
      }
    },
  },
  {
    number: 'C32',
    title: 'float, base64 and no format give equal vectors through the client',
    async run(context) {
      embed(context, true);
      await expectEqualVectors(context);
    },
  },
  {
    number: 'C32',
    title: 'also where the upstream knows floats only',
    async run(context) {
      embed(context, false);
      await expectEqualVectors(context);
    },
  },
  {
    number: 'C33',
    title: 'a response and its request come through whole, with tools and the previous response',
    async run(context) {
      const { upstream, model } = context;
      const call = {
        type: 'function_call',
        id: 'fc_1',
        call_id: 'call_1',
        name: 'get_weather',
        arguments: '{"city":"Ulm"}',
        status: 'completed',
      };
      const answer = { ...responseOf('completed', [call]), previous_response_id: 'resp_0', x_vendor: { a: 1 } };
      upstream.script = (reply) => reply.json(200, answer);
      const fields = {
        input: [{ role: 'user', content: [{ type: 'input_text', text: 'Weather?' }] }],
        previous_response_id: 'resp_0',
        tools: [
          { type: 'function', name: 'get_weather', parameters: { type: 'object', properties: {} }, strict: false },
        ],
        ...(context.isOurs ? { reasoning: { effort: 'low', summary: 'auto' } } : {}),
        text: { format: { type: 'text' } },
        store: true,
        truncation: 'auto',
        include: ['reasoning.encrypted_content'],
      };
      const reply = await ask(context, { path: responses, body: { model, ...fields } });
      if (reply.status === 404 || reply.status === 501) throw new NotTestable('it has no Responses API, and says so');
      equal(reply.status, 200, reply.text.slice(0, 200));
      if (context.isOurs) deepEqual(reply.json, answer);
      const { id: _, ...told } = call;
      expectContains(reply.json, { object: 'response', status: 'completed', output: [told] });
      const received = upstream.requests[0]?.json() ?? {};
      for (const [name, value] of Object.entries(fields)) deepEqual(received[name], value, `\`${name}\` was changed`);
    },
  },
  {
    number: 'C33',
    title: 'events of a streamed response keep order, names and numbers',
    async run(context) {
      const events = responseEvents('größer 👋').map(({ type, ...fields }, sequence_number) => ({
        type,
        sequence_number,
        ...fields,
      }));
      context.upstream.script = (reply) => {
        reply.stream();
        for (const event of events) reply.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
        reply.end();
      };
      const { text, status } = await ask(context, {
        path: responses,
        body: { model: context.model, input: 'hi', stream: true },
      });
      if (status === 404 || status === 501) throw new NotTestable('it has no Responses API, and says so');
      const got = readEvents(text)
        .filter(({ data }) => data !== '[DONE]')
        .map(({ event, data }) => ({ event, ...JSON.parse(data) }));
      if (context.isOurs)
        deepEqual(
          got,
          events.map((event) => ({ event: event.type, ...event })),
        );
      deepEqual(
        got.map(({ type }) => type),
        events.map(({ type }) => type),
      );
      const numbers = got.map(({ sequence_number }) => sequence_number);
      deepEqual(
        numbers,
        [...numbers].sort((a, b) => a - b),
      );
      equal(new Set(numbers).size, numbers.length);
      equal(got.map(({ type, delta }) => (type === 'response.output_text.delta' ? delta : '')).join(''), 'größer 👋');
    },
  },
  {
    number: 'C33',
    title: 'what no upstream can do is an explicit 4xx, never a silent drop',
    async run(context) {
      const refusal = {
        error: {
          message: 'Unsupported parameter.',
          type: 'invalid_request_error',
          param: 'background',
          code: 'unsupported_parameter',
        },
      };
      context.upstream.script = (reply) => reply.json(400, refusal);
      const reply = await ask(context, {
        path: responses,
        body: { model: context.model, input: 'hi', background: true },
      });
      ok(reply.status >= 400 && reply.status < 500, `status ${reply.status}`);
      errorOf(reply.text);
    },
  },
  {
    number: 'C25',
    title: 'a response whose upstream dies ends in response.failed',
    async run(context) {
      const [created, ...others] = responseEvents('Hello').map(({ type, ...fields }, sequence_number) => ({
        type,
        sequence_number,
        ...fields,
      }));
      context.upstream.script = async (reply) => {
        reply.stream();
        for (const event of [created, ...others.slice(0, 3)])
          reply.write(`event: ${event?.type}\ndata: ${JSON.stringify(event)}\n\n`);
        await pause(50);
        reply.reset();
      };
      const stream = await openStream(context, {
        path: responses,
        body: { model: context.model, input: 'hi', stream: true },
      });
      await stream.ended;
      if (stream.status === 404 || stream.status === 501) throw new NotTestable('it has no Responses API, and says so');
      const last = readEvents(stream.text).at(-1);
      equal(last?.event, 'response.failed');
      const data = JSON.parse(last?.data ?? '{}');
      deepEqual(
        [data.type, data.response?.status, typeof data.response?.error?.message],
        ['response.failed', 'failed', 'string'],
      );
      equal(data.sequence_number, 4);
    },
  },
  {
    number: 'C35',
    title: 'legacy completions, whole and streamed',
    async run(context) {
      const { upstream, model } = context;
      const whole = {
        id: 'cmpl-1',
        object: 'text_completion',
        created: 1,
        model,
        choices: [{ text: ' world', index: 0, logprobs: null, finish_reason: 'stop' }],
        usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
      };
      upstream.script = (reply, { json }) => (json().stream === true ? reply.events([whole]) : reply.json(200, whole));
      const fields = { prompt: 'Hello', suffix: '!', echo: true, best_of: 2 };
      const reply = await ask(context, { path: '/v1/completions', body: { model, ...fields } });
      if (!context.isOurs && upstream.requests[0]?.path !== '/v1/completions')
        throw new NotTestable('it makes chat completions of legacy ones');
      deepEqual([reply.status, reply.json], [200, whole]);
      for (const [name, value] of Object.entries(fields)) deepEqual(upstream.requests[0]?.json()[name], value);
      const { text } = await ask(context, { path: '/v1/completions', body: { model, ...fields, stream: true } });
      equal(JSON.parse(readEvents(text)[0]?.data ?? '').choices[0].text, ' world');
    },
  },
  {
    number: 'C35',
    title: 'audio, files, batches and images pass through byte for byte, under the same key',
    async run(context) {
      const { upstream } = context;
      const bytes = randomBytes(100_000);
      const form = Buffer.concat([
        Buffer.from(
          `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\ncontent-type: audio/wav\r\n\r\n`,
        ),
        bytes,
        Buffer.from(`\r\n--${boundary}--\r\n`),
      ]);
      upstream.script = (reply) => reply.body(200, bytes, { 'content-type': 'audio/mpeg', 'x-kept': 'yes' });
      for (const [method, path, body] of [
        ['POST', '/v1/audio/transcriptions', form],
        ['POST', '/v1/audio/speech', `{"model":"${context.model}","input":"hi","voice":"alloy"}`],
        ['POST', '/v1/files', form],
        ['GET', '/v1/files/file-1/content?limit=1', undefined],
        ['DELETE', '/v1/files/file-1', undefined],
        ['POST', '/v1/batches', '{"input_file_id":"file-1"}'],
        ['POST', '/v1/images/generations', `{"model":"${context.model}","prompt":"cat"}`],
      ] as const) {
        const headers = {
          'content-type': Buffer.isBuffer(body) ? `multipart/form-data; boundary=${boundary}` : 'application/json',
        };
        const reply = await ask(context, { method, path, headers, ...(body && { body }) });
        equal(reply.status, 200, `${method} ${path}: ${reply.status} ${reply.text.slice(0, 100)}`);
        ok(reply.body.equals(bytes), `${path}: the answer was changed`);
        if (context.isOurs) equal(reply.headers['x-kept'], 'yes');
        const received = upstream.requests.at(-1);
        deepEqual([received?.method, received?.path], [method, path]);
        // A form may be written anew under another boundary.
        const isForm = Buffer.isBuffer(body) && !context.isOurs;
        ok(
          isForm ? received?.body.includes(bytes) : received?.body.equals(Buffer.from(body ?? '')),
          `${path}: the body was changed`,
        );
        if (!context.hasOwnKey) continue;
        const stranger = await ask(context, {
          method,
          path,
          headers: { ...headers, authorization: 'Bearer wrong' },
          ...(body && { body }),
        });
        equal(stranger.status, 401, `${path} lets a wrong key in`);
      }
    },
  },
  {
    number: 'C35',
    title: 'uploads and downloads are streamed, not gathered',
    async run(context) {
      const { upstream, origin } = context;
      let go: () => void = () => {};
      const waiting = new Promise<void>((resolve) => {
        go = resolve;
      });
      upstream.script = async (reply) => {
        reply.head(200, { 'content-type': 'application/octet-stream' }).write('first');
        await waiting;
        reply.end('second');
      };
      const before = upstream.connections.reduce((sum, { socket }) => sum + socket.bytesRead, 0);
      const raw = await openRaw(origin);
      const lines = headerLines(context, { 'content-type': 'application/octet-stream', 'content-length': '200000' });
      raw.write(`POST /v1/files HTTP/1.1\r\n${lines}\r\n`);
      raw.write(Buffer.alloc(100_000, 'a'));
      const arrived = () => upstream.connections.reduce((sum, { socket }) => sum + socket.bytesRead, 0) - before;
      await until(() => arrived() > 90_000, 'the first half of an upload at the upstream', 3_000);
      raw.write(Buffer.alloc(100_000, 'b'));
      await until(() => /first/.test(raw.received), 'the first half of a download at the client', 3_000);
      go();
      await until(() => /second/.test(raw.received), 'the rest of it', 3_000);
      raw.socket.destroy();
      equal(upstream.requests[0]?.body.length, 200_000);
    },
  },
];
