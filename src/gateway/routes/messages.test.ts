import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { type GatewayScript, type GatewayUnderTest, startGateway } from '../../../test/running-gateway.ts';
import { message, messageEvents, sendMessage, text } from '../../../test/scripted-anthropic.ts';
import { scriptedEngine } from '../../../test/scripted-engine.ts';
import { completion, pause, sendJson } from '../../../test/scripted-upstream.ts';
import { createAnthropicProvider } from '../../providers/anthropic/anthropic-provider.ts';
import { withMessages } from '../../providers/anthropic/with-messages.ts';
import { completionEvents } from '../../providers/completion-chunks.ts';
import { createOpenAiCompatibleProvider } from '../../providers/openai-compatible/openai-compatible-provider.ts';
import type { JsonObject } from '../../records/call.ts';
import { completeSettings } from '../../settings.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Clients extends GatewayUnderTest {
  readonly openai: OpenAI;
  readonly anthropic: Anthropic;
}

async function start(script: GatewayScript): Promise<Clients> {
  const gateway = await startGateway(script);
  closers.push(() => gateway.close());
  return {
    ...gateway,
    openai: new OpenAI({ baseURL: `${gateway.origin}/v1`, apiKey: 'sk-ant-api03-callers', maxRetries: 0 }),
    anthropic: new Anthropic({ baseURL: `${gateway.origin}/anthropic`, apiKey: 'sk-callers', maxRetries: 0 }),
  };
}

const limits = completeSettings().upstream;
const { kind: _, apiVersion: __, breaker: ___, ...timeouts } = limits;

function anthropicUpstream(script: GatewayScript['script'], more: Partial<GatewayScript> = {}): Promise<Clients> {
  const provide = (baseUrl: string) => createAnthropicProvider({ ...timeouts, baseUrl, apiKey: null });
  return start({ script, provide, ...more });
}

function openAiUpstream(script: GatewayScript['script'], more: Partial<GatewayScript> = {}): Promise<Clients> {
  const provide = (baseUrl: string) =>
    withMessages(createOpenAiCompatibleProvider({ ...timeouts, baseUrl, apiKey: null }));
  return start({ script, provide, ...more });
}

const question = { model: 'claude', messages: [{ role: 'user' as const, content: 'Where is my card?' }] };
const asked = { ...question, max_tokens: 50 };
const tools = [
  {
    name: 'find',
    description: 'Finds.',
    input_schema: { type: 'object' as const, properties: { what: { type: 'string' } } },
  },
];
const twoCalls = message(
  [
    { type: 'thinking', thinking: 'Two things.', signature: 'c2lnbmF0dXJl' },
    text('Let me look.'),
    { type: 'tool_use', id: 'toolu_1', name: 'find', input: { what: 'card 💳' } },
    { type: 'tool_use', id: 'toolu_2', name: 'find', input: {} },
  ],
  { stop_reason: 'tool_use' },
);
const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' }, request_id: 'req_9' };

describe("an OpenAI client before Anthropic's API", () => {
  it('is answered as OpenAI would, and asks with the headers that Anthropic wants', async () => {
    const { openai, upstream } = await anthropicUpstream((response, { body }) =>
      sendMessage(response, body, message([text('In the drawer.')])),
    );
    const { data, response } = await openai.chat.completions.create(question).withResponse();
    expect(data).toMatchObject({
      object: 'chat.completion',
      model: 'claude-sonnet-4-5-20250929',
      choices: [{ index: 0, message: { role: 'assistant', content: 'In the drawer.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 15, completion_tokens: 7, total_tokens: 22, prompt_tokens_details: { cached_tokens: 2 } },
    });
    expect(response.headers.get('x-request-id')).toBe('req_upstream');
    expect(upstream.received[0]).toMatchObject({ method: 'POST', path: '/v1/messages' });
    expect(upstream.received[0]?.headers).toMatchObject({
      'x-api-key': 'sk-ant-api03-callers',
      'anthropic-version': '2023-06-01',
    });
    expect(upstream.received[0]?.headers).not.toHaveProperty('authorization');
  });

  it('gets tools, parallel ones too, whole and streamed alike (C15)', async () => {
    const { openai } = await anthropicUpstream((response, { body }) => sendMessage(response, body, twoCalls));
    const whole = await openai.chat.completions.create(question);
    const streamed = await openai.chat.completions
      .stream({ ...question, stream_options: { include_usage: true } })
      .finalChatCompletion();
    for (const { choices, usage } of [whole, streamed]) {
      expect(usage).toMatchObject({ prompt_tokens: 15, completion_tokens: 7 });
      expect(choices[0]?.finish_reason).toBe('tool_calls');
      expect(choices[0]?.message.content).toBe('Let me look.');
      expect(choices[0]?.message.tool_calls).toMatchObject([
        { id: 'toolu_1', type: 'function', function: { name: 'find', arguments: '{"what":"card 💳"}' } },
        { id: 'toolu_2', type: 'function', function: { name: 'find', arguments: '{}' } },
      ]);
    }
  });

  it('sees no usage in a stream that it did not ask for, and [DONE] once; the call is metered all the same (C9)', async () => {
    const { origin, captured, ends } = await anthropicUpstream((response, { body }) =>
      sendMessage(response, body, twoCalls),
    );
    const body = JSON.stringify({ ...question, stream: true });
    const sent = await (await fetch(`${origin}/v1/chat/completions`, { method: 'POST', body })).text();
    expect(sent).not.toContain('"usage"');
    expect(sent.match(/\[DONE\]/g)).toHaveLength(1);
    await expect.poll(() => captured.length).toBe(1);
    expect(captured[0]?.call.response).toMatchObject({ usage: { prompt_tokens: 15 } });
    expect(ends[0]).toMatchObject({ usage: { inputTokens: 15, outputTokens: 7, cachedInputTokens: 2 } });
  });

  it('gets errors in its own shape under their own status: 529, 429 with its wait, and in the middle of a stream', async () => {
    let turn = 0;
    const { openai, ends } = await anthropicUpstream((response) => {
      turn++;
      if (turn === 1) sendJson(response, 529, overloaded);
      else if (turn === 2) {
        response.setHeader('retry-after', '7');
        sendJson(response, 429, { type: 'error', error: { type: 'rate_limit_error', message: 'slow' } });
      } else if (turn === 3) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(`event: error\ndata: ${JSON.stringify(overloaded)}\n\n`);
      } else {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(
          messageEvents(message([text('Hal')]))
            .slice(0, 4)
            .join(''),
        );
        response.end(`event: error\ndata: ${JSON.stringify(overloaded)}\n\n`);
      }
    });
    const failed = (body: OpenAI.ChatCompletionCreateParams) =>
      openai.chat.completions.create(body).catch((cause: unknown) => cause);
    expect(await failed(question)).toMatchObject({ status: 529, code: 'overloaded_error', type: 'overloaded_error' });
    const limited = (await failed(question)) as InstanceType<typeof OpenAI.RateLimitError>;
    expect(limited).toMatchObject({ status: 429, code: 'rate_limit_error' });
    expect(limited.headers?.get('retry-after')).toBe('7');
    expect(await failed({ ...question, stream: true })).toMatchObject({ status: 529 });
    const stream = await openai.chat.completions.create({ ...question, stream: true });
    const read = async () => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toMatchObject({ code: 'overloaded_error' });
    await expect.poll(() => ends.length).toBe(4);
  });

  it('is told what cannot be said there, by the name of the field, and nothing is sent', async () => {
    const { openai, upstream } = await anthropicUpstream(() => {});
    const error = await openai.chat.completions.create({ ...question, seed: 7 }).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ status: 400, code: 'untranslatable_request', param: 'seed' });
    expect(upstream.received).toHaveLength(0);
  });

  it('is told that there are no embeddings and no responses (C33), and sees the models as a list of its own', async () => {
    const { openai } = await anthropicUpstream((response) =>
      sendJson(response, 200, {
        data: [{ type: 'model', id: 'claude', created_at: '2025-09-29T00:00:00Z' }],
        has_more: false,
      }),
    );
    const refused = [
      openai.embeddings.create({ model: 'claude', input: 'x' }),
      openai.responses.create({ model: 'claude', input: 'x' }),
    ];
    for (const each of refused)
      expect(
        await each.then(
          () => null,
          (cause: unknown) => cause,
        ),
      ).toMatchObject({ status: 404, code: 'unsupported_endpoint' });
    expect((await openai.models.list()).data).toEqual([
      { id: 'claude', object: 'model', created: 1_759_104_000, owned_by: 'anthropic' },
    ]);
  });

  it('that hangs up takes the upstream along, and one that is cut off is not taken for whole', async () => {
    let closed = false;
    const { openai, origin } = await anthropicUpstream((response, { body }) => {
      response.on('close', () => {
        closed = true;
      });
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(
        messageEvents(message([text('Half')]))
          .slice(0, 4)
          .join(''),
      );
      if (body.includes('cut')) setTimeout(() => response.end(), 20);
    });
    const stream = await openai.chat.completions.create({ ...question, stream: true });
    for await (const _ of stream) break;
    await expect.poll(() => closed).toBe(true);
    const cut = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'cut' }], stream: true });
    const sent = await (await fetch(`${origin}/v1/chat/completions`, { method: 'POST', body: cut })).text();
    expect(sent).toMatch(/data: \{"error":\{.*upstream_interrupted.*\}\}\n\n$/);
    expect(sent).not.toContain('[DONE]');
  });
});

describe("an Anthropic client before Anthropic's API (C34)", () => {
  it('has its bytes passed through both ways, its own headers among them', async () => {
    const raw = JSON.stringify(twoCalls, null, 1);
    const { origin, upstream } = await anthropicUpstream((response) =>
      response.writeHead(200, { 'content-type': 'application/json', 'request-id': 'req_1' }).end(raw),
    );
    const body = '{"model":"claude","max_tokens":5, "messages":[{"role":"user","content":"x"}],"new_field":1.0}';
    const headers = { 'x-api-key': 'k', 'anthropic-version': '2024-01-01', 'anthropic-beta': 'a,b' };
    for (const path of ['/v1/messages', '/anthropic/v1/messages', '/v1/messages?beta=true']) {
      const answer = await fetch(origin + path, { method: 'POST', body, headers });
      expect(await answer.text()).toBe(raw);
      expect(answer.headers.get('request-id')).toBe('req_1');
    }
    expect(upstream.received[0]).toMatchObject({ path: '/v1/messages', body });
    expect(upstream.received[2]?.path).toBe('/v1/messages?beta=true');
    expect(upstream.received[0]?.headers).toMatchObject(headers);
  });

  it('may come with a bearer token, which stays one', async () => {
    const { origin, upstream } = await anthropicUpstream((response, { body }) =>
      sendMessage(response, body, message([text('x')])),
    );
    const anthropic = new Anthropic({ baseURL: origin, apiKey: null, authToken: 'sk-ant-oat01-x', maxRetries: 0 });
    await anthropic.messages.create(asked);
    expect(upstream.received[0]?.headers.authorization).toBe('Bearer sk-ant-oat01-x');
    expect(upstream.received[0]?.headers['anthropic-version']).toMatch(/^\d{4}-\d\d-\d\d$/);
  });

  it('streams event by event: usage in message_start, signatures, inputs of tools', async () => {
    const { anthropic } = await anthropicUpstream((response, { body }) => sendMessage(response, body, twoCalls));
    const order: string[] = [];
    const stream = anthropic.messages.stream(asked).on('streamEvent', (event) => void order.push(event.type));
    const whole = await stream.finalMessage();
    expect(whole.content).toEqual(twoCalls.content);
    expect(whole.usage).toMatchObject({ input_tokens: 10, cache_read_input_tokens: 2, output_tokens: 7 });
    expect(order[0]).toBe('message_start');
    expect(order.slice(-2)).toEqual(['message_delta', 'message_stop']);
  });

  it('counts tokens there', async () => {
    const { anthropic, upstream } = await anthropicUpstream((response) =>
      sendJson(response, 200, { input_tokens: 12 }),
    );
    expect(await anthropic.messages.countTokens(question)).toEqual({ input_tokens: 12 });
    expect(upstream.received[0]?.path).toBe('/v1/messages/count_tokens');
  });

  it('gets errors in Anthropic’s shape: the upstream’s, ours, and in the middle of a stream as `event: error` (C25)', async () => {
    const { anthropic, origin } = await anthropicUpstream((response, { body }) => {
      if (!body.includes('stream')) return sendJson(response, 529, overloaded);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(
        messageEvents(message([text('Half')]))
          .slice(0, 4)
          .join(''),
        () => setTimeout(() => response.destroy(), 20),
      );
    });
    const error = await anthropic.messages.create(asked).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(Anthropic.OverloadedError);
    expect(error).toMatchObject({ status: 529, error: overloaded });
    const refused = await fetch(`${origin}/v1/messages`, { method: 'POST', body: '{' });
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { type: 'error', error: { type: 'invalid_request_error' } },
    ]);
    expect(refused.headers.get('request-id')).toMatch(/^call_/);
    const stream = await anthropic.messages.create({ ...asked, stream: true });
    const read = async () => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toMatchObject({
      error: { type: 'error', error: { type: 'api_error', code: 'upstream_interrupted' } },
    });
  });

  it('asks with the gateway’s key as x-api-key or bearer, which is never sent on', async () => {
    process.env.MESSAGES_TEST_KEY = 'gk-1';
    const { origin, upstream } = await anthropicUpstream(
      (response, { body }) => sendMessage(response, body, message([text('x')])),
      { settings: { keys: { callers: { env: 'MESSAGES_TEST_KEY' } } } },
    );
    const post = (headers: Record<string, string>) =>
      fetch(`${origin}/v1/messages`, { method: 'POST', body: JSON.stringify(asked), headers });
    const refused = await post({ 'x-api-key': 'wrong' });
    expect([refused.status, await refused.json()]).toMatchObject([
      401,
      { type: 'error', error: { type: 'authentication_error' } },
    ]);
    expect((await post({ 'x-api-key': 'gk-1' })).status).toBe(200);
    expect((await post({ authorization: 'Bearer gk-1' })).status).toBe(200);
    expect(JSON.stringify(upstream.received)).not.toContain('gk-1');
  });
});

describe("an Anthropic client before OpenAI's API", () => {
  const answered = completion('In the drawer.', {
    usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15, prompt_tokens_details: { cached_tokens: 4 } },
  });
  const called = completion('', {
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: null,
          refusal: null,
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'find', arguments: '{"what":"💳"}' } },
            { id: 'call_2', type: 'function', function: { name: 'find', arguments: '{}' } },
          ],
        },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ],
  });

  function openAiSends(whole: JsonObject): GatewayScript['script'] {
    return (response, { body }) => {
      const { stream } = JSON.parse(body) as { stream?: boolean };
      if (stream !== true) return sendJson(response, 200, whole);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const event of completionEvents(whole, true)) response.write(event);
      response.end();
    };
  }

  it('is answered as Anthropic would, whole and streamed', async () => {
    const { anthropic, upstream } = await openAiUpstream(openAiSends(answered));
    const whole = await anthropic.messages.create({ ...asked, system: 'Be brief.', stop_sequences: ['END'] });
    const streamed = await anthropic.messages.stream(asked).finalMessage();
    for (const each of [whole, streamed])
      expect(each).toMatchObject({
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        content: [{ type: 'text', text: 'In the drawer.' }],
        stop_reason: 'end_turn',
        usage: { input_tokens: 8, cache_read_input_tokens: 4, output_tokens: 3 },
      });
    expect(JSON.parse(upstream.received[0]?.body ?? '')).toEqual({
      model: 'claude',
      messages: [{ role: 'system', content: 'Be brief.' }, ...question.messages],
      max_completion_tokens: 50,
      stop: ['END'],
    });
    expect(upstream.received[0]?.headers.authorization).toBe('Bearer sk-callers');
  });

  it('calls tools and answers for them, images too', async () => {
    const { anthropic, upstream } = await openAiUpstream(openAiSends(called));
    const whole = await anthropic.messages.create({ ...asked, tools, tool_choice: { type: 'any' } });
    const streamed = await anthropic.messages.stream({ ...asked, tools }).finalMessage();
    for (const { content, stop_reason } of [whole, streamed]) {
      expect(stop_reason).toBe('tool_use');
      expect(content).toEqual([
        { type: 'tool_use', id: 'call_1', name: 'find', input: { what: '💳' } },
        { type: 'tool_use', id: 'call_2', name: 'find', input: {} },
      ]);
    }
    await anthropic.messages.create({
      ...asked,
      messages: [
        {
          role: 'user',
          content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } }],
        },
        { role: 'assistant', content: whole.content },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'call_1', content: [{ type: 'text', text: 'yes' }] },
            { type: 'tool_result', tool_use_id: 'call_2', content: 'no' },
          ],
        },
      ],
    });
    expect(JSON.parse(upstream.received[2]?.body ?? '').messages).toEqual([
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } }] },
      {
        role: 'assistant',
        content: null,
        tool_calls: (called.choices[0] as unknown as { message: JsonObject }).message.tool_calls,
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'yes' },
      { role: 'tool', tool_call_id: 'call_2', content: 'no' },
    ]);
  });

  it('gets errors in its own shape, and is told what has no counterpart', async () => {
    const { anthropic, upstream } = await openAiUpstream((response) => {
      response.setHeader('retry-after', '3');
      sendJson(response, 429, { error: { message: 'slow', type: 'requests', code: 'rate_limit_exceeded' } });
    });
    const limited = await anthropic.messages.create(asked).catch((cause: unknown) => cause);
    expect(limited).toBeInstanceOf(Anthropic.RateLimitError);
    expect(limited).toMatchObject({ error: { type: 'error', error: { type: 'rate_limit_error', message: 'slow' } } });
    const refused = await anthropic.messages.create({ ...asked, container: 'c' }).catch((cause: unknown) => cause);
    expect(refused).toMatchObject({
      status: 400,
      error: { error: { type: 'invalid_request_error', code: 'untranslatable_request' } },
    });
    expect(String((refused as Error).message)).toContain('`container`');
    const uncounted = await anthropic.messages.countTokens(question).catch((cause: unknown) => cause);
    expect(uncounted).toMatchObject({ status: 404, error: { error: { code: 'unsupported_endpoint' } } });
    expect(upstream.received).toHaveLength(1);
  });

  it('sees the models as a list of its own', async () => {
    const model = { id: 'gpt-4o-mini', object: 'model', created: 1_721_172_741, owned_by: 'system' };
    const { anthropic } = await openAiUpstream((response, { path }) =>
      sendJson(response, 200, path === '/v1/models' ? { object: 'list', data: [model] } : model),
    );
    const shown = {
      type: 'model',
      id: 'gpt-4o-mini',
      display_name: 'gpt-4o-mini',
      created_at: '2024-07-16T23:32:21.000Z',
    };
    expect((await anthropic.models.list()).data).toEqual([shown]);
    expect(await anthropic.models.retrieve('gpt-4o-mini')).toMatchObject(shown);
  });

  it('is told of an error in the middle of a stream', async () => {
    const { anthropic } = await openAiUpstream((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(completionEvents(answered, true).slice(0, 2).join(''), () =>
        setTimeout(() => response.destroy(), 20),
      );
    });
    const stream = await anthropic.messages.create({ ...asked, stream: true });
    const read = async () => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toBeInstanceOf(Anthropic.APIError);
  });
});

describe('a call on the Anthropic route', () => {
  it.each(['whole', 'streamed'])('is kept and learned from as a chat: %s', async (how) => {
    const { anthropic, captured, engine, ends } = await anthropicUpstream((response, { body }) =>
      sendMessage(response, body, twoCalls),
    );
    const body = { ...asked, system: 'Be brief.', metadata: { user_id: 'u' } };
    if (how === 'whole') await anthropic.messages.create(body);
    else await anthropic.messages.stream(body).finalMessage();
    const [observation] = await engine.seen(1);
    expect(observation?.call).toMatchObject({
      status: 200,
      request: {
        model: 'claude',
        messages: [{ role: 'system', content: 'Be brief.' }, ...question.messages],
        user: 'u',
      },
      response: {
        choices: [{ message: { content: 'Let me look.', tool_calls: [{ id: 'toolu_1' }, { id: 'toolu_2' }] } }],
        usage: { prompt_tokens: 15, completion_tokens: 7 },
      },
    });
    await expect.poll(() => captured.length).toBe(1);
    expect(ends[0]).toMatchObject({ endpoint: 'messages', usage: { inputTokens: 15, outputTokens: 7 } });
  });

  it('is answered by a student in the form of a message, whole and streamed', async () => {
    const { anthropic, upstream, origin } = await anthropicUpstream(() => {}, {
      engine: scriptedEngine(() => 'lost_card'),
    });
    const whole = await anthropic.messages.create(asked);
    const streamed = await anthropic.messages.stream(asked).finalMessage();
    for (const each of [whole, streamed])
      expect(each).toMatchObject({
        id: expect.stringMatching(/^msg_/),
        type: 'message',
        role: 'assistant',
        content: [{ type: 'text', text: 'lost_card' }],
        stop_reason: 'end_turn',
        usage: { input_tokens: 12, output_tokens: 3 },
      });
    const answer = await fetch(`${origin}/v1/messages`, { method: 'POST', body: JSON.stringify(asked) });
    expect(answer.headers.get('x-rightsize-answered-by')).toBe('student');
    expect(upstream.received).toHaveLength(0);
  });

  it('goes to the teacher where it asks for what a chat cannot say', async () => {
    const { anthropic, engine } = await anthropicUpstream(
      (response, { body }) => sendMessage(response, body, message([text('teacher')])),
      { engine: scriptedEngine(() => 'student') },
    );
    const whole = await anthropic.messages.create({ ...asked, container: 'c' });
    expect(whole.content).toMatchObject([{ text: 'teacher' }]);
    expect(engine.asked[0]?.forceTeacher).toBe(true);
  });

  it('that hangs up takes the upstream along', async () => {
    let closed = false;
    const { anthropic } = await anthropicUpstream((response) => {
      response.on('close', () => {
        closed = true;
      });
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(
        messageEvents(message([text('Half')]))
          .slice(0, 4)
          .join(''),
      );
    });
    const stream = await anthropic.messages.create({ ...asked, stream: true });
    for await (const _ of stream) break;
    await pause(10);
    await expect.poll(() => closed).toBe(true);
  });
});

describe('S15: a request nested very deeply', () => {
  const deep = `${'['.repeat(5_000)}1${']'.repeat(5_000)}`;
  const body = `{"model":"m","max_tokens":5,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"a":${deep}}}]}]}`;

  it('passes through to Anthropic as it is', async () => {
    const { origin, upstream } = await anthropicUpstream((response, { body }) =>
      sendMessage(response, body, message([text('x')])),
    );
    expect((await fetch(`${origin}/v1/messages`, { method: 'POST', body })).status).toBe(200);
    expect(upstream.received[0]?.body).toBe(body);
  });

  it('may also be what Anthropic answers: the caller gets it, and it is kept as unreadable', async () => {
    const deeper = `${'['.repeat(50_000)}1${']'.repeat(50_000)}`;
    const raw = `{"type":"message","content":[{"type":"tool_use","id":"t","name":"f","input":{"a":${deeper}}}]}`;
    const { origin, ends } = await anthropicUpstream((response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(raw),
    );
    const answer = await fetch(`${origin}/v1/messages`, { method: 'POST', body: JSON.stringify(asked) });
    expect(await answer.text()).toBe(raw);
    await expect.poll(() => ends.length).toBe(1);
    expect(ends[0]).toMatchObject({ status: 200, error: null });
  });

  it('is answered before another API too, and breaks nothing', async () => {
    const { origin } = await openAiUpstream((response) => sendJson(response, 200, completion('x')));
    const answer = await fetch(`${origin}/v1/messages`, { method: 'POST', body });
    expect([200, 400]).toContain(answer.status);
  });
});
