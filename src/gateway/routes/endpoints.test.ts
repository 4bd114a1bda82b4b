import { request as httpRequest, type ServerResponse } from 'node:http';
import OpenAI, { toFile } from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { type GatewayScript, type GatewayUnderTest, startGateway } from '../../../test/running-gateway.ts';
import { completion, sendJson } from '../../../test/scripted-upstream.ts';
import { createSingleKeyGate } from '../../access/single-key-gate.ts';
import { completionEvents } from '../../providers/completion-chunks.ts';
import { createOpenAiCompatibleProvider } from '../../providers/openai-compatible/openai-compatible-provider.ts';
import { completeSettings } from '../../settings.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Started extends GatewayUnderTest {
  readonly client: OpenAI;
}

async function start(script: GatewayScript['script'], more: Partial<GatewayScript> = {}): Promise<Started> {
  const gateway = await startGateway({ script, ...more });
  closers.push(() => gateway.close());
  return { ...gateway, client: new OpenAI({ baseURL: `${gateway.origin}/v1`, apiKey: 'k', maxRetries: 0 }) };
}

function post({ origin }: GatewayUnderTest, path: string, body: string): Promise<Response> {
  return fetch(origin + path, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
}

function sendEvents(response: ServerResponse, events: readonly string[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events) response.write(event);
  response.end();
}

describe('C9: usage that only the gateway wants', () => {
  const events = completionEvents(completion('étiquette ✓'), true);
  const streamed = { model: 'm', messages: [{ role: 'user', content: 'x' }], stream: true };
  const asking: Partial<GatewayScript> = {
    provide: (baseUrl) => {
      const { kind: _, apiVersion: __, breaker: ___, ...limits } = completeSettings().upstream;
      return createOpenAiCompatibleProvider({ ...limits, baseUrl, apiKey: null, asksForUsage: true });
    },
  };

  it('is asked for in one field more, taken out of the stream, and metered', async () => {
    const gateway = await start((response) => sendEvents(response, events), asking);
    const body = '{ "model": "m", "messages":[{"role":"user","content":"x"}], "stream":true,"top_p":1.0}';
    const sent = await (await post(gateway, '/v1/chat/completions', body)).text();
    expect(gateway.upstream.received[0]?.body).toBe(`{"stream_options":{"include_usage":true},${body.slice(1)}`);
    const quiet = completionEvents(completion('étiquette ✓'), false).join('');
    expect(sent).toBe(quiet);
    expect(gateway.ends[0]).toMatchObject({ usage: { inputTokens: 12, outputTokens: 3 } });
  });

  it('stays where the caller asks for it, exactly once', async () => {
    const gateway = await start((response) => sendEvents(response, events), asking);
    const body = JSON.stringify({ ...streamed, stream_options: { include_usage: true } });
    const sent = await (await post(gateway, '/v1/chat/completions', body)).text();
    expect(sent).toBe(events.join(''));
    expect(gateway.upstream.received[0]?.body).toBe(body);
  });

  it('is not asked for where nobody knows whether the upstream can tell it', async () => {
    const gateway = await start((response) => sendEvents(response, events));
    const sent = await (await post(gateway, '/v1/chat/completions', JSON.stringify(streamed))).text();
    expect(sent).toBe(events.join(''));
    expect(gateway.upstream.received[0]?.body).toBe(JSON.stringify(streamed));
  });

  it.each([
    ['without choices', 'data: {"id":"a","usage":{"total_tokens":1}}\n\n', ''],
    ['beside an empty list', 'data: {"choices":[], "usage":{"total_tokens":1}}\r\n\r\n', ''],
    [
      'beside a choice',
      'data: {"choices":[{"index":0,"delta":{}}],"usage":{"a":{"b":1}}, "x":1.0}\n\n',
      'data: {"choices":[{"index":0,"delta":{}}], "x":1.0}\n\n',
    ],
    ['in front', 'data: {"usage":null,"choices":[{}]}\n\n', 'data: {"choices":[{}]}\n\n'],
    ['inside of text', 'data: {"choices":[{"delta":{"content":"\\"usage\\":{}"}}]}\n\n', null],
    ['deeper down', 'data: {"choices":[{}],"x_groq":{"usage":{"a":1}}}\n\n', null],
  ])('is found %s (C10)', async (_, event, left) => {
    const gateway = await start((response) => sendEvents(response, ['data: {"choices":[{}]}\n\n', event]), asking);
    const sent = await (await post(gateway, '/v1/chat/completions', JSON.stringify(streamed))).text();
    expect(sent).toBe(`data: {"choices":[{}]}\n\n${left ?? event}`);
  });
});

describe('C14: events', () => {
  it('are forwarded as they arrive: the next comes only when the last was read', async () => {
    let onRead = () => {};
    const gateway = await start(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let at = 0; at < 8; at++) {
        const wasRead = new Promise<void>((resolve) => {
          onRead = resolve;
        });
        response.write(`data: ${at}\n\n`);
        await wasRead;
      }
      response.end();
    });
    const body = '{"model":"m","messages":[{"role":"user"}],"stream":true}';
    const answer = await post(gateway, '/v1/chat/completions', body);
    const read: string[] = [];
    for await (const piece of answer.body ?? []) {
      read.push(Buffer.from(piece).toString());
      onRead();
    }
    expect(read).toEqual(Array.from({ length: 8 }, (_, at) => `data: ${at}\n\n`));
  });
});

describe('C31: models', () => {
  const list = {
    object: 'list',
    data: [
      { id: 'a', object: 'model' },
      { id: 'b', object: 'model' },
    ],
  };
  const script: GatewayScript['script'] = (response, { path }) =>
    path === '/v1/models'
      ? sendJson(response, 200, list)
      : sendJson(response, 200, { id: path.slice('/v1/models/'.length), object: 'model' });

  function onlyFor(models: readonly string[]): Partial<GatewayScript> {
    const gate = createSingleKeyGate(completeSettings());
    return {
      gateway: {
        gatekeeper: {
          admit: (headers) => ({ ...(gate.admit(headers) as Awaited<ReturnType<typeof gate.admit>>), models }),
          reserve: (caller, ask) => gate.reserve(caller, ask),
        },
      },
    };
  }

  it('are the upstream’s own list and entries, byte for byte', async () => {
    const { client, origin } = await start(script);
    expect((await client.models.list()).data).toEqual(list.data);
    expect(await client.models.retrieve('a')).toMatchObject({ id: 'a' });
    expect(await (await fetch(`${origin}/v1/models`)).text()).toBe(JSON.stringify(list));
  });

  it('are those that the key may use, and no others', async () => {
    const { client } = await start(script, onlyFor(['b', 'c']));
    expect((await client.models.list()).data).toEqual([{ id: 'b', object: 'model' }]);
    expect(await client.models.retrieve('b')).toMatchObject({ id: 'b' });
    await expect(client.models.retrieve('a')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });
});

describe('C32: embeddings', () => {
  const vector = [0.5, -1.25, 3];
  const base64 = Buffer.from(Float32Array.from(vector).buffer).toString('base64');
  const answer = (embedding: unknown) => ({
    object: 'list',
    data: [{ object: 'embedding', index: 0, embedding }],
    model: 'text-embedding-3-small',
    usage: { prompt_tokens: 4, total_tokens: 4 },
  });

  it.each([
    ['an upstream that knows both', (format: unknown) => (format === 'base64' ? base64 : vector)],
    ['an upstream that knows numbers alone', () => vector],
  ])('are equal however they are asked for, before %s', async (_, embedding) => {
    const { client, upstream, ends } = await start((response, { body }) =>
      sendJson(response, 200, answer(embedding(JSON.parse(body).encoding_format))),
    );
    const ask = (more: object, input: string | string[] | number[] = 'x') =>
      client.embeddings.create({ model: 'text-embedding-3-small', input, ...more });
    for (const more of [{}, { encoding_format: 'float' }, { dimensions: 3 }])
      expect((await ask(more)).data[0]?.embedding).toEqual(vector);
    const packed = await ask({ encoding_format: 'base64' });
    expect(packed.data[0]?.embedding).toBe(base64);
    for (const input of [
      ['a', 'b'],
      [1, 2, 3],
    ])
      expect((await ask({}, input as string[])).data[0]?.embedding).toEqual(vector);
    expect(JSON.parse(upstream.received[2]?.body ?? '')).toMatchObject({ dimensions: 3 });
    expect(ends[0]).toMatchObject({
      endpoint: 'embeddings',
      model: 'text-embedding-3-small',
      usage: { inputTokens: 4, outputTokens: 0 },
    });
  });

  it('of any size go by unread but for their figures, which stand at the end', async () => {
    const large = answer(Array.from({ length: 200_000 }, (_, at) => at / 7));
    const { client, ends } = await start((response) => sendJson(response, 200, large));
    const { data } = await client.embeddings.create({ model: 'm', input: 'x', encoding_format: 'float' });
    expect(data).toEqual(large.data);
    expect(ends[0]).toMatchObject({ usage: { inputTokens: 4 } });
  });
});

describe('C33: responses', () => {
  const whole = {
    id: 'resp_1',
    object: 'response',
    status: 'completed',
    model: 'gpt-4o-mini',
    output: [
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'hi', annotations: [] }],
      },
    ],
    usage: { input_tokens: 9, input_tokens_details: { cached_tokens: 2 }, output_tokens: 4, total_tokens: 13 },
  };
  const events = [
    { type: 'response.created', response: { ...whole, status: 'in_progress', output: [], usage: null } },
    { type: 'response.output_text.delta', item_id: 'msg_1', output_index: 0, content_index: 0, delta: 'hi' },
    { type: 'response.completed', response: whole },
  ].map((event, at) => `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: at })}\n\n`);

  it('come whole and streamed as the upstream sends them, and are metered', async () => {
    const gateway = await start((response, { body }) =>
      JSON.parse(body).stream === true ? sendEvents(response, events) : sendJson(response, 200, whole),
    );
    const asked = {
      model: 'gpt-4o-mini',
      input: 'x',
      previous_response_id: 'resp_0',
      tools: [{ type: 'web_search' as const }],
    };
    expect((await gateway.client.responses.create(asked)).output_text).toBe('hi');
    expect(JSON.parse(gateway.upstream.received[0]?.body ?? '')).toEqual(asked);
    const order: number[] = [];
    for await (const event of await gateway.client.responses.create({ ...asked, stream: true }))
      order.push(event.sequence_number);
    expect(order).toEqual([0, 1, 2]);
    expect(gateway.ends).toMatchObject(
      [1, 2].map(() => ({ endpoint: 'responses', usage: { inputTokens: 9, outputTokens: 4, cachedInputTokens: 2 } })),
    );
    expect(gateway.ends[1]?.cost).toBeGreaterThan(0);
    const raw = await (await post(gateway, '/v1/responses', '{"model":"m","stream":true}')).text();
    expect(raw).toBe(events.join(''));
  });

  it('are fetched, cancelled and deleted, and their items listed', async () => {
    const { client, upstream } = await start((response, { path }) =>
      sendJson(response, 200, path.endsWith('input_items') ? { object: 'list', data: [], has_more: false } : whole),
    );
    await client.responses.retrieve('resp_1');
    await client.responses.cancel('resp_1');
    await client.responses.inputItems.list('resp_1');
    await client.responses.delete('resp_1');
    expect(upstream.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v1/responses/resp_1',
      'POST /v1/responses/resp_1/cancel',
      'GET /v1/responses/resp_1/input_items',
      'DELETE /v1/responses/resp_1',
    ]);
  });

  it('answer 400 for what is no JSON, and nothing is sent on', async () => {
    const gateway = await start(() => {});
    for (const path of ['/v1/responses', '/v1/embeddings', '/v1/completions']) {
      const answer = await post(gateway, path, '{"model":');
      expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: 'invalid_request' } }]);
    }
    expect(gateway.upstream.received).toHaveLength(0);
  });
});

describe('C35: everything else', () => {
  it('legacy completions come whole and streamed, and are metered', async () => {
    const whole = {
      id: 'cmpl-1',
      object: 'text_completion',
      model: 'm',
      choices: [{ text: 'hi', index: 0, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    };
    const gateway = await start((response, { body }) =>
      JSON.parse(body).stream === true
        ? sendEvents(response, [`data: ${JSON.stringify(whole)}\n\n`, 'data: [DONE]\n\n'])
        : sendJson(response, 200, whole),
    );
    expect((await gateway.client.completions.create({ model: 'm', prompt: 'x' })).choices[0]?.text).toBe('hi');
    for await (const part of await gateway.client.completions.create({ model: 'm', prompt: 'x', stream: true }))
      expect(part.choices[0]?.text).toBe('hi');
    expect(gateway.ends).toMatchObject(
      [1, 2].map(() => ({ endpoint: 'completions', usage: { inputTokens: 1, outputTokens: 2 } })),
    );
  });

  it('audio, files and batches go through untouched, streamed both ways', async () => {
    const sound = Buffer.from([0, 255, 128, 13, 10, 0]);
    const { client, upstream } = await start((response, { path, body }) => {
      if (path === '/v1/audio/speech') return response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(sound);
      if (path === '/v1/audio/transcriptions') return sendJson(response, 200, { text: `${body.length > 0}` });
      return sendJson(response, 200, { id: 'file-1', object: 'file' });
    });
    const speech = await client.audio.speech.create({ model: 'tts', voice: 'alloy', input: 'x' });
    expect(Buffer.from(await speech.arrayBuffer()).equals(sound)).toBe(true);
    const file = await toFile(sound, 'a.mp3');
    expect((await client.audio.transcriptions.create({ model: 'whisper', file })).text).toBe('true');
    expect(await client.files.create({ file, purpose: 'batch' })).toMatchObject({ id: 'file-1' });
    await client.batches.create({
      input_file_id: 'file-1',
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
    expect(upstream.received.at(-1)?.path).toBe('/v1/batches');
    expect(upstream.received[1]?.headers['content-type']).toContain('multipart/form-data');
  });

  it('begin upstream before the caller has sent everything', async () => {
    const gateway = await start((response) => sendJson(response, 200, { ok: true }));
    const begun = new Promise<void>((resolve) => gateway.upstream.server.once('request', () => resolve()));
    const outgoing = httpRequest(`${gateway.origin}/v1/files`, { method: 'POST' });
    outgoing.write('first');
    await begun;
    const answered = new Promise<number>((resolve) => {
      outgoing.on('response', (response) => resolve(response.resume().statusCode ?? 0));
    });
    outgoing.end('last');
    expect(await answered).toBe(200);
    expect(gateway.upstream.received[0]?.body).toBe('firstlast');
  });

  it('are refused or cut with 413 above the limit, whether their length is said or not', async () => {
    const gateway = await start((response) => sendJson(response, 200, {}), { settings: { maxBodyBytes: 2_000 } });
    const said = await post(gateway, '/v1/files', 'x'.repeat(2_001));
    expect([said.status, await said.json()]).toMatchObject([413, { error: { code: 'body_too_large' } }]);
    expect(gateway.upstream.received).toHaveLength(0);
    const cut = await new Promise<number>((resolve, reject) => {
      const outgoing = httpRequest(`${gateway.origin}/v1/files`, { method: 'POST' }, (response) =>
        resolve(response.resume().statusCode ?? 0),
      );
      outgoing.on('error', reject);
      outgoing.write('x'.repeat(1_500));
      setTimeout(() => outgoing.end('x'.repeat(1_500)), 30);
    });
    expect(cut).toBe(413);
    expect((await post(gateway, '/v1/files', 'x'.repeat(2_000))).status).toBe(200);
  });
});

describe('C36: base URLs', () => {
  it.each(['', '/', '/v1', '/v1/'])('may end in %j', async (end) => {
    const { origin, upstream } = await start((response) => sendJson(response, 200, completion('x')));
    const client = new OpenAI({ baseURL: origin + end, apiKey: 'k', maxRetries: 0 });
    await client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'x' }] });
    expect(upstream.received[0]?.path).toBe('/v1/chat/completions');
  });
});
