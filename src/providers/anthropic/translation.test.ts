import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { message, messageEvents, text } from '../../../test/scripted-anthropic.ts';
import { completion } from '../../../test/scripted-upstream.ts';
import { RightsizeError } from '../../errors.ts';
import type { ChatRequest, Json, JsonObject } from '../../records/call.ts';
import { completionEvents } from '../completion-chunks.ts';
import { EventReader } from '../read-events.ts';
import { toChatRequest } from './to-chat-request.ts';
import { ToChunks } from './to-chunks.ts';
import { toCompletion } from './to-completion.ts';
import { toMessage } from './to-message.ts';
import { ToMessageEvents } from './to-message-events.ts';
import { defaultMaxTokens, toMessagesRequest } from './to-messages-request.ts';
import { Untranslatable } from './untranslatable.ts';

const created = 1_790_000_000;
const lose = ({ param }: { readonly param: string }) => {
  throw new Error(`lost ${param}`);
};

const word = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' });
const name = fc.stringMatching(/^[a-z_]{1,10}$/);
const input = fc.dictionary(name, fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null)), { maxKeys: 3 });
const toolCall = fc.record({ id: name, name, input }).map(({ id, name, input }) => ({
  id,
  type: 'function',
  function: { name, arguments: JSON.stringify(input) },
}));
const calls = fc.array(toolCall, { minLength: 1, maxLength: 3 });
const image = word.map((bytes) => ({
  type: 'image_url',
  image_url: { url: `data:image/png;base64,${Buffer.from(bytes).toString('base64')}` },
}));
const userMessage = fc
  .oneof(
    word,
    fc.tuple(word, image).map(([text, picture]) => [{ type: 'text', text }, picture]),
  )
  .map((content) => ({ role: 'user', content }));
const plainAnswer = word.map((content) => ({ role: 'assistant', content }));
/** An answer that calls tools, and what each of them gave back. */
const toolRound = fc.tuple(calls, fc.option(word), fc.infiniteStream(word)).map(([tool_calls, content, results]) => {
  const answers = tool_calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: results.next().value }));
  return [{ role: 'assistant', content, tool_calls }, ...answers];
});
const exchanges = fc.array(
  fc.oneof(
    fc.tuple(userMessage, plainAnswer),
    fc.tuple(userMessage, toolRound, plainAnswer).map(([user, round, answer]) => [user, ...round, answer]),
  ),
  { maxLength: 3 },
);
const tool = fc.record({ name, description: word }).map(({ name, description }) => ({
  type: 'function',
  function: { name, description, parameters: { type: 'object', properties: { a: { type: 'string' } } } },
}));

/** What both APIs can say. */
const request: fc.Arbitrary<ChatRequest> = fc
  .record({
    system: fc.option(word, { nil: undefined }),
    exchanges,
    last: userMessage,
    settings: fc.record(
      {
        temperature: fc.double({ min: 0, max: 1, noNaN: true }),
        top_p: fc.double({ min: 0, max: 1, noNaN: true }),
        stop: fc.array(word, { minLength: 1, maxLength: 3 }),
        tool_choice: fc.oneof(
          fc.constantFrom<Json>('auto', 'none', 'required'),
          name.map((name) => ({ type: 'function', function: { name } })),
        ),
        tools: fc.array(tool, { minLength: 1, maxLength: 2 }),
        user: word,
        reasoning_effort: fc.constantFrom('low', 'medium', 'high'),
        response_format: fc.constant({
          type: 'json_schema',
          json_schema: { name: 'answer', schema: { type: 'object' }, strict: true },
        }),
      },
      { requiredKeys: [] },
    ),
    most: fc.integer({ min: 1, max: 9_999 }),
  })
  .map(({ system, exchanges, last, settings, most }) => ({
    model: 'm',
    messages: [
      ...(system === undefined ? [] : [{ role: 'system', content: system }]),
      ...exchanges.flat(),
      last,
    ] as ChatRequest['messages'],
    max_completion_tokens: most,
    ...settings,
  }));

describe('a chat request', () => {
  it('comes back from the API of Anthropic as it went there, whatever both can say', () => {
    fc.assert(
      fc.property(request, (asked) => {
        expect(toChatRequest(toMessagesRequest(asked), lose)).toEqual(asked);
      }),
    );
  });

  it('goes there in its words', () => {
    const asked = toMessagesRequest({
      model: 'claude',
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image_url', image_url: { url: 'https://x.example/a.png' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 't1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
            { id: 't2', type: 'function', function: { name: 'f', arguments: '' } },
          ],
        },
        { role: 'tool', tool_call_id: 't1', content: 'one' },
        { role: 'tool', tool_call_id: 't2', content: 'two' },
        { role: 'user', content: 'And?' },
      ],
      stop: 'END',
      parallel_tool_calls: false,
      tool_choice: 'required',
      tools: [{ type: 'function', function: { name: 'f' } }],
    });
    expect(asked).toEqual({
      model: 'claude',
      max_tokens: defaultMaxTokens,
      system: 'Be brief.',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image', source: { type: 'url', url: 'https://x.example/a.png' } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'tool_use', id: 't1', name: 'f', input: { a: 1 } },
            { type: 'tool_use', id: 't2', name: 'f', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't1', content: 'one' },
            { type: 'tool_result', tool_use_id: 't2', content: 'two' },
            { type: 'text', text: 'And?' },
          ],
        },
      ],
      stop_sequences: ['END'],
      tools: [{ name: 'f', input_schema: { type: 'object', properties: {} } }],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
    });
  });

  const plain: ChatRequest = { model: 'm', messages: [{ role: 'user', content: 'x' }] };
  it.each<[string, JsonObject]>([
    ['n', { n: 2 }],
    ['logprobs', { logprobs: true }],
    ['seed', { seed: 7 }],
    ['logit_bias', { logit_bias: { 1: 2 } }],
    ['frequency_penalty', { frequency_penalty: 0.5 }],
    ['presence_penalty', { presence_penalty: 0.5 }],
    ['temperature', { temperature: 1.5 }],
    ['response_format', { response_format: { type: 'json_object' } }],
    ['service_tier', { service_tier: 'flex' }],
    ['store', { store: true }],
    ['prediction', { prediction: { type: 'content', content: 'x' } }],
    ['audio', { audio: { voice: 'a' } }],
    ['functions', { functions: [{ name: 'f' }] }],
    ['something_new', { something_new: 1 }],
    ['tools[0]', { tools: [{ type: 'custom', custom: { name: 'f' } }] }],
    ['tool_choice', { tool_choice: { type: 'allowed_tools' } }],
    ['messages[0].content[0]', { messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] }],
    ['messages[0].role', { messages: [{ role: 'function', content: 'x' }] }],
    [
      'messages[0].tool_calls[0].function.arguments',
      { messages: [{ role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{' } }] }] },
    ],
  ])('is refused by the name of the field that has no counterpart, never sent without it: %s', (param, change) => {
    try {
      toMessagesRequest({ ...plain, ...change });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(Untranslatable);
      expect((error as Untranslatable).param).toBe(param);
    }
  });

  it('loses nothing where it says what is ordinary', () => {
    const ordinary = {
      n: 1,
      logprobs: false,
      store: false,
      frequency_penalty: 0,
      tools: [],
      metadata: { task: 't' },
      seed: null,
    };
    expect(toMessagesRequest({ ...plain, ...ordinary })).toEqual(toMessagesRequest(plain));
  });
});

describe('a request for a message', () => {
  const plain: JsonObject = { model: 'm', max_tokens: 5, messages: [{ role: 'user', content: 'x' }] };
  it.each<[string, JsonObject]>([
    ['top_k', { top_k: 5 }],
    ['container', { container: 'c' }],
    ['mcp_servers', { mcp_servers: [] }],
    ['tools[0].type', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    ['messages[0].content[0]', { messages: [{ role: 'user', content: [{ type: 'search_result' }] }] }],
    [
      'messages[0].content[0].content[0]',
      {
        messages: [
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'image' }] }] },
        ],
      },
    ],
  ])('says what of it has no counterpart: %s', (param, change) => {
    const lost: string[] = [];
    toChatRequest({ ...plain, ...change }, (problem) => void lost.push(problem.param));
    expect(lost).toEqual([param]);
  });

  it('asks for usage where it is streamed', () => {
    expect(toChatRequest({ ...plain, stream: true }, lose)).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    });
  });
});

const answer = fc
  .record({
    content: fc.option(word),
    reasoning: fc.option(word, { nil: undefined }),
    tools: fc.option(calls, { nil: undefined }),
    finish: fc.constantFrom('stop', 'length'),
    usage: fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99)),
  })
  .map(({ content, reasoning, tools, finish, usage: [input, cached, output] }) =>
    completion('', {
      id: 'msg_7',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: content ?? (tools === undefined ? 'said' : null),
            refusal: null,
            ...(reasoning === undefined
              ? {}
              : {
                  reasoning_content: reasoning,
                  thinking_blocks: [{ type: 'thinking', thinking: reasoning, signature: '' }],
                }),
            ...(tools === undefined ? {} : { tool_calls: tools }),
          },
          logprobs: null,
          finish_reason: tools === undefined ? finish : 'tool_calls',
        },
      ],
      usage: {
        prompt_tokens: input + cached,
        completion_tokens: output,
        total_tokens: input + cached + output,
        prompt_tokens_details: { cached_tokens: cached, cache_creation_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
    }),
  );

describe('an answer', () => {
  it('comes back from the API of Anthropic as it went there', () => {
    fc.assert(
      fc.property(answer, (whole) => {
        expect(toCompletion(toMessage(whole), whole.created)).toEqual(whole);
      }),
    );
  });

  it('says the same streamed as whole, its calls of tools under indices of their own (C15)', () => {
    fc.assert(
      fc.property(answer, (whole) => {
        const there = new ToMessageEvents();
        const events = [...read(completionEvents(whole, true)).flatMap((chunk) => there.push(chunk)), ...there.end()];
        expect(there.isDone).toBe(true);
        expect(assembled(events)).toEqual(toMessage(whole));
        const back = new ToChunks({ created: whole.created, includeUsage: true });
        const chunks = read(messageEvents(toMessage(whole))).flatMap((event) => back.push(event));
        expect(back.isDone).toBe(true);
        expect(chunks.at(-1)).toBe('data: [DONE]\n\n');
        expect(toolsOf(read(chunks))).toEqual(((whole.choices[0]?.message ?? {}) as JsonObject).tool_calls ?? []);
      }),
    );
  });

  it('keeps signatures, in pieces that a client can hand back (C34)', () => {
    const thought = { type: 'thinking', thinking: 'hm', signature: 'c2ln' };
    const back = new ToChunks({ created, includeUsage: false });
    const chunks = read(read(messageEvents(message([thought, text('yes')]))).flatMap((event) => back.push(event)));
    const deltas = chunks.map((chunk) => (chunk.choices as JsonObject[])[0]?.delta as JsonObject);
    expect(deltas.flatMap((delta) => delta.thinking_blocks ?? [])).toEqual([thought]);
    expect(deltas.map((delta) => delta.reasoning_content ?? '').join('')).toBe('hm');
    const next = { role: 'assistant', content: 'yes', thinking_blocks: [thought] };
    const asked = toMessagesRequest({ model: 'm', messages: [next] });
    expect(asked.messages).toEqual([{ role: 'assistant', content: [thought, text('yes')] }]);
  });

  it('of parallel calls in turns keeps each piece with its call (C15)', () => {
    const call = (index: number, made: JsonObject) => ({
      choices: [{ index: 0, delta: { tool_calls: [{ index, ...made }] } }],
    });
    const there = new ToMessageEvents();
    const events = [
      call(0, { id: 'a', function: { name: 'f', arguments: '' } }),
      call(1, { id: 'b', function: { name: 'g', arguments: '{"y"' } }),
      call(0, { function: { arguments: '{"x":1}' } }),
      call(1, { function: { arguments: ':"\\ud83d' } }),
      call(1, { function: { arguments: '\\udcb3"}' } }),
      { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] },
    ].flatMap((chunk) => there.push(chunk));
    expect(assembled([...events, ...there.end()])).toMatchObject({
      content: [
        { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } },
        { type: 'tool_use', id: 'b', name: 'g', input: { y: '💳' } },
      ],
      stop_reason: 'tool_use',
    });
  });

  it('that ends before it is finished is no answer', () => {
    const there = new ToMessageEvents();
    there.push({ choices: [{ index: 0, delta: { content: 'half' } }] });
    expect(there.end()).toEqual([]);
    expect(there.isDone).toBe(false);
  });
});

function read(texts: readonly string[]): readonly JsonObject[] {
  const reader = new EventReader();
  return [...reader.push(Buffer.from(texts.join(''))), ...reader.finish()];
}

function toolsOf(chunks: readonly JsonObject[]): readonly JsonObject[] {
  const found: { id: Json; type: Json; function: { name: string; arguments: string } }[] = [];
  for (const chunk of chunks)
    for (const { delta } of chunk.choices as { delta: { tool_calls?: JsonObject[] } }[])
      for (const { index, id, type, function: made } of delta.tool_calls ?? []) {
        const { name, arguments: json } = made as { name?: string; arguments: string };
        if (id !== undefined)
          found[index as number] = { id, type: type ?? null, function: { name: name ?? '', arguments: '' } };
        const call = found[index as number];
        if (call !== undefined) call.function.arguments += json;
      }
  return found;
}

/** What a client of Anthropic's makes of the events; throws where their order is not the one it expects. */
function assembled(texts: readonly string[]): JsonObject {
  let whole: JsonObject & { content?: Json } = {};
  const blocks: Record<string, Json | undefined>[] = [];
  const open = new Set<number>();
  const inputs = new Map<number, string>();
  for (const event of read(texts)) {
    const at = event.index as number;
    const delta = event.delta as JsonObject;
    if (event.type === 'message_start') whole = event.message as JsonObject;
    else if (event.type === 'content_block_start') {
      expect(at).toBe(blocks.length);
      expect(open.size).toBe(0);
      open.add(at);
      blocks.push({ ...(event.content_block as JsonObject) });
    } else if (event.type === 'content_block_delta') {
      expect(open.has(at)).toBe(true);
      const block = blocks[at] ?? {};
      if (delta.type === 'text_delta') block.text = `${block.text}${delta.text}`;
      if (delta.type === 'thinking_delta') block.thinking = `${block.thinking}${delta.thinking}`;
      if (delta.type === 'input_json_delta') inputs.set(at, (inputs.get(at) ?? '') + delta.partial_json);
    } else if (event.type === 'content_block_stop') expect(open.delete(at)).toBe(true);
    else if (event.type === 'message_delta') whole = { ...whole, ...delta, usage: event.usage };
  }
  expect(open.size).toBe(0);
  for (const [at, json] of inputs) Object.assign(blocks[at] ?? {}, { input: JSON.parse(json) });
  return { ...whole, content: blocks };
}

describe('C22, S15: whatever comes', () => {
  const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>;
  const field = fc.constantFrom(
    'type',
    'index',
    'delta',
    'content',
    'choices',
    'message',
    'usage',
    'tool_calls',
    'text',
  );
  const odd = fc.dictionary(field, fc.oneof(json, fc.dictionary(field, json), fc.array(fc.dictionary(field, json))));

  it('is translated or refused by name, and never breaks the translator', () => {
    fc.assert(
      fc.property(odd, fc.array(odd), (value, list) => {
        const request = { ...value, model: 'm', messages: list, content: list } as unknown as ChatRequest;
        for (const translate of [
          () => toMessagesRequest(request),
          () => toChatRequest(request, () => {}),
          () => toMessage(value),
          () => toCompletion({ ...value, content: list }, created),
        ])
          try {
            JSON.stringify(translate());
          } catch (error) {
            expect(error).toBeInstanceOf(RightsizeError);
          }
      }),
      { numRuns: 60 },
    );
  });

  it('is passed over in a stream where it is no event', () => {
    const types = fc.constantFrom(
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
      'ping',
      'error',
      'new',
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(types, odd)), (events) => {
        const back = new ToChunks({ created, includeUsage: true });
        const there = new ToMessageEvents();
        for (const [type, event] of events) {
          back.push({ ...event, type });
          there.push(event);
        }
        there.end();
      }),
      { numRuns: 60 },
    );
  });

  it('is read the same however its bytes are cut, whatever ends its lines', () => {
    const events = messageEvents(
      message([text('é 💳 "\n'), { type: 'tool_use', id: 't', name: 'f', input: { a: '✓' } }]),
    );
    for (const ends of ['\n', '\r\n', '\r']) {
      const bytes = Buffer.from(`\ufeff: hello${ends}${ends}${events.join('').replaceAll('\n', ends)}`);
      const whole = read([bytes.toString()]);
      expect(whole).toEqual(read(events));
      for (let cut = 0; cut <= bytes.length; cut += 3) {
        const reader = new EventReader();
        const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)];
        const events = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.finish()];
        expect(JSON.stringify(events)).toBe(JSON.stringify(whole));
      }
    }
  });
});
