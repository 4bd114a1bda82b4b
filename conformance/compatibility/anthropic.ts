import { deepEqual, equal, ok } from 'node:assert/strict';
import { message, messageEvents, messageEventText, messageRequest, messageTools, said } from '../anthropic-bodies.ts';
import { chat, chunk, chunks, completion, usageChunk } from '../bodies.ts';
import type { Check, CheckContext, OurGateway } from '../check.ts';
import { type Addressed, ask, openStream, pause, type Reply } from '../client.ts';
import { errorOf } from '../expect-error.ts';
import { needAnthropicRoute } from '../need-anthropic-route.ts';
import { doneCount, readChunks, readEvents } from '../read-events.ts';

const path = '/v1/messages';
const claude = 'claude-sonnet-4-6';
const kindNeeded = 'the kind of its upstream is a setting';

/** Our gateway with Anthropic's API, played by the script, behind it. */
function startBeforeAnthropic({ startOurs }: CheckContext): Promise<OurGateway> {
  return startOurs({ settings: ({ baseUrl }) => ({ upstream: { kind: 'anthropic', baseUrl } }) });
}

/** Anthropic's API: messages whole and streamed, and token counts. */
function playAnthropic({ upstream }: OurGateway): void {
  upstream.script = (reply, { path: asked, json }) => {
    if (asked.endsWith('/count_tokens')) return reply.json(200, { input_tokens: 42 });
    if (json().stream !== true) return reply.json(200, message, { 'request-id': 'req_anthropic' });
    reply.stream({ 'request-id': 'req_anthropic' });
    for (const event of messageEvents) reply.write(messageEventText(event));
    reply.end();
  };
}

/** An error as Anthropic tells it. */
function expectAnthropicError({ status, text }: Pick<Reply, 'status' | 'text'>, wanted: number, type: string): void {
  equal(status, wanted, text.slice(0, 200));
  const body = JSON.parse(text);
  deepEqual([body.type, body.error?.type, typeof body.error?.message], ['error', type, 'string'], text.slice(0, 200));
}

function eventsOf(text: string): readonly { readonly type: string; readonly [field: string]: unknown }[] {
  return readEvents(text).map(({ event, data }) => {
    const parsed = JSON.parse(data);
    equal(event, parsed.type, 'the name of an event is not its type');
    return parsed;
  });
}

/** Every block begins, goes on and ends under its own index, one after the other. */
function expectOrder(events: ReturnType<typeof eventsOf>): void {
  const told = events.filter(({ type }) => type !== 'ping');
  equal(told[0]?.type, 'message_start');
  deepEqual(
    told.slice(-2).map(({ type }) => type),
    ['message_delta', 'message_stop'],
  );
  let open: number | null = null;
  let next = 0;
  for (const { type, index } of told.slice(1, -2)) {
    if (type === 'content_block_start') {
      equal(open, null, 'a block begins inside another');
      equal(index, next++);
      open = index as number;
    } else {
      equal(index, open, `${type} outside of its block`);
      if (type === 'content_block_stop') open = null;
    }
  }
  equal(open, null, 'a block was not closed');
}

async function expectUntouched(
  gateway: Addressed & Pick<OurGateway, 'upstream'>,
  headers: Record<string, string>,
): Promise<void> {
  const fields = {
    system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
    thinking: { type: 'enabled', budget_tokens: 1024 },
    tools: messageTools,
  };
  const body = messageRequest(claude, fields);
  const whole = await ask(gateway, { path, body, headers });
  deepEqual([whole.status, whole.json], [200, message]);
  deepEqual(gateway.upstream.requests.at(-1)?.json(), body);
  const stream = await ask(gateway, { path, body: { ...body, stream: true }, headers });
  deepEqual(eventsOf(stream.text), messageEvents);
}

/** C34, and what of C25 speaks of Anthropic's route. */
export const anthropicChecks: readonly Check[] = [
  {
    number: 'C34',
    title: 'before Anthropic, every event, signature, usage and tool goes through untouched',
    ours: kindNeeded,
    async run(context) {
      const ours = await startBeforeAnthropic(context);
      playAnthropic(ours);
      await expectUntouched(ours, {});
      await expectUntouched(ours, {
        'anthropic-version': '2023-06-01',
        'anthropic-beta': 'interleaved-thinking-2025-05-14',
      });
      equal(ours.upstream.requests.at(-1)?.headers['anthropic-beta'], 'interleaved-thinking-2025-05-14');
      equal(ours.upstream.requests[0]?.headers['anthropic-version'], '2023-06-01', 'the version was not added');
    },
  },
  {
    number: 'C34',
    title: 'the key comes as x-api-key or as a bearer token, on both routes, and ends here',
    ours: kindNeeded,
    async run(context) {
      const ours = await startBeforeAnthropic(context);
      playAnthropic(ours);
      for (const route of [path, '/anthropic/v1/messages'])
        for (const headers of [{ authorization: '', 'x-api-key': ours.key }, { authorization: `Bearer ${ours.key}` }]) {
          const reply = await ask(ours, { path: route, body: messageRequest(claude), headers });
          equal(reply.status, 200, `${route}: ${reply.text.slice(0, 100)}`);
          const received = ours.upstream.requests.at(-1);
          equal(received?.headers['x-api-key'], 'sk-conformance-upstream-key');
          ok(!received?.rawHead.includes(ours.key), 'the key went upstream');
        }
      const stranger = await ask(ours, {
        path,
        body: messageRequest(claude),
        headers: { authorization: '', 'x-api-key': 'wrong' },
      });
      expectAnthropicError(stranger, 401, 'authentication_error');
    },
  },
  {
    number: 'C34',
    title: 'tokens are counted, and 529 stays 529 with its error',
    ours: kindNeeded,
    async run(context) {
      const ours = await startBeforeAnthropic(context);
      playAnthropic(ours);
      const { max_tokens: _, ...counted } = messageRequest(claude);
      const count = await ask(ours, { path: `${path}/count_tokens`, body: counted });
      deepEqual([count.status, count.json], [200, { input_tokens: 42 }]);
      const overloaded = {
        type: 'error',
        error: { type: 'overloaded_error', message: 'Overloaded' },
        request_id: 'req_1',
      };
      ours.upstream.script = (reply) => reply.json(529, overloaded);
      for (const stream of [false, true])
        expectAnthropicError(
          await ask(ours, { path, body: messageRequest(claude, { stream }) }),
          529,
          'overloaded_error',
        );
      const asOpenAi = await ask(ours, { body: chat({ model: claude }) });
      ok(asOpenAi.status === 529 || asOpenAi.status === 503, `OpenAI's client gets ${asOpenAi.status}`);
      errorOf(asOpenAi.text);
    },
  },
  {
    number: 'C34',
    title: "OpenAI's client before Anthropic: text, tools, usage and streams are translated",
    ours: kindNeeded,
    async run(context) {
      const ours = await startBeforeAnthropic(context);
      playAnthropic(ours);
      const whole = await ask(ours, { body: chat({ model: claude }) });
      equal(whole.status, 200, whole.text.slice(0, 200));
      const [{ message: told, finish_reason }] = whole.json.choices;
      const callsOf = (
        calls: readonly {
          readonly id: string;
          readonly function: { readonly name: string; readonly arguments: string };
        }[],
      ) => calls.map((call) => [call.id, call.function.name, JSON.parse(call.function.arguments)]);
      const expected = [
        ['toolu_a', 'get_weather', { city: 'Köln' }],
        ['toolu_b', 'get_time', { city: 'Ulm' }],
      ];
      deepEqual([told.content, finish_reason, callsOf(told.tool_calls)], [said, 'tool_calls', expected]);
      equal(whole.json.usage.total_tokens, whole.json.usage.prompt_tokens + whole.json.usage.completion_tokens);
      equal(whole.json.usage.completion_tokens, 15);
      const { text } = await ask(ours, {
        body: chat({ model: claude }, { stream: true, stream_options: { include_usage: true } }),
      });
      const got = readChunks(text);
      equal(got.map(({ choices }) => choices[0]?.delta.content ?? '').join(''), said);
      const calls: { id: string; function: { name: string; arguments: string } }[] = [];
      for (const { index, id, function: part } of got.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])) {
        calls[index] ??= { id, function: { name: part.name, arguments: '' } };
        calls[index].function.arguments += part.arguments ?? '';
      }
      deepEqual(callsOf(calls), expected);
      equal(got.filter(({ usage }) => usage).length, 1);
      equal(doneCount(text), 1);
    },
  },
  {
    number: 'C34',
    title: "Anthropic's client before OpenAI: order of events, indices, usage and stop reason",
    async run(context) {
      await needAnthropicRoute(context);
      const { upstream, model } = context;
      const call = (index: number, fields: object) => chunk({ tool_calls: [{ index, ...fields }] });
      const events = [
        ...chunks('Hel', 'lo').slice(0, -1),
        call(0, { id: 'call_a', type: 'function', function: { name: 'get_weather', arguments: '' } }),
        call(0, { function: { arguments: '{"city":"K' } }),
        call(1, { id: 'call_b', type: 'function', function: { name: 'get_time', arguments: '' } }),
        call(1, { function: { arguments: '{}' } }),
        chunk({}, { finish: 'tool_calls' }),
        usageChunk(),
      ];
      events.splice(5, 0, call(0, { function: { arguments: 'öln"}' } }));
      upstream.script = (reply, { json }) =>
        json().stream === true ? reply.events(events) : reply.json(200, completion('Hello'));
      const whole = await ask(context, { path, body: messageRequest(model, { system: 'Be brief.' }) });
      equal(whole.status, 200, whole.text.slice(0, 200));
      deepEqual([whole.json.type, whole.json.role, whole.json.stop_reason], ['message', 'assistant', 'end_turn']);
      equal(whole.json.content[0].text, 'Hello');
      deepEqual([whole.json.usage.input_tokens, whole.json.usage.output_tokens], [12, 3]);
      const asked = upstream.requests[0]?.json().messages as readonly { readonly role: string }[];
      deepEqual(
        asked.map(({ role }) => role),
        ['system', 'user'],
      );
      const stream = await ask(context, { path, body: messageRequest(model, { tools: messageTools, stream: true }) });
      const got = eventsOf(stream.text);
      expectOrder(got);
      const starts = got
        .filter(({ type }) => type === 'content_block_start')
        .map(({ content_block }) => content_block as { type: string; id?: string; name?: string });
      deepEqual(
        starts.map(({ type, id, name }) => [type, id, name]),
        [
          ['text', undefined, undefined],
          ['tool_use', 'call_a', 'get_weather'],
          ['tool_use', 'call_b', 'get_time'],
        ],
      );
      const json = got
        .map((event) => (event.index === 1 ? ((event.delta as { partial_json?: string })?.partial_json ?? '') : ''))
        .join('');
      deepEqual(JSON.parse(json), { city: 'Köln' });
      const ending = got.find(({ type }) => type === 'message_delta') as unknown as {
        delta: { stop_reason: string };
        usage: { output_tokens: number };
      };
      deepEqual([ending.delta.stop_reason, ending.usage.output_tokens], ['tool_use', 3]);
      const opening = got[0] as unknown as { message: { usage: { input_tokens: number }; role: string } };
      deepEqual([typeof opening.message.usage.input_tokens, opening.message.role], ['number', 'assistant']);
    },
  },
  {
    number: 'C34',
    title: 'errors on this route have the shape of Anthropic’s',
    async run(context) {
      await needAnthropicRoute(context);
      const { upstream, model } = context;
      upstream.script = (reply) =>
        reply.json(
          429,
          { error: { message: 'slow down', type: 'requests', param: null, code: 'rate_limit_exceeded' } },
          { 'retry-after': '3', 'x-should-retry': 'false' },
        );
      const limited = await ask(context, { path, body: messageRequest(model) });
      expectAnthropicError(limited, 429, 'rate_limit_error');
      equal(limited.headers['retry-after'], '3');
      expectAnthropicError(await ask(context, { path, body: '{"model":' }), 400, 'invalid_request_error');
      expectAnthropicError(
        await ask(context, { path, body: messageRequest(model), headers: { authorization: 'Bearer wrong' } }),
        401,
        'authentication_error',
      );
    },
  },
  {
    number: 'C25',
    title: "on Anthropic's route a stream whose upstream dies ends in event: error",
    async run(context) {
      await needAnthropicRoute(context);
      const { upstream, model } = context;
      upstream.script = async (reply) => {
        reply
          .stream()
          .event(chunk({ role: 'assistant', content: '' }))
          .event(chunk({ content: 'Hel' }));
        await pause(50);
        reply.reset();
      };
      const stream = await openStream(context, { path, body: messageRequest(model, { stream: true }) });
      await stream.ended;
      const last = readEvents(stream.text).at(-1);
      equal(last?.event, 'error', `the last event is ${last?.event} ${last?.data.slice(0, 80)}`);
      expectAnthropicError({ status: 200, text: last?.data ?? '' }, 200, 'api_error');
      ok(!/message_stop/.test(stream.text), 'message_stop as if it were whole');
    },
  },
  {
    number: 'C25',
    title: "before Anthropic, a death in the stream is event: error there, and an error event for OpenAI's clients",
    ours: kindNeeded,
    async run(context) {
      const ours = await startBeforeAnthropic(context);
      ours.upstream.script = async (reply) => {
        reply.stream();
        for (const event of messageEvents.slice(0, 9)) reply.write(messageEventText(event));
        await pause(50);
        reply.reset();
      };
      const own = await openStream(ours, { path, body: messageRequest(claude, { stream: true }) });
      await own.ended;
      equal(readEvents(own.text).at(-1)?.event, 'error');
      const other = await openStream(ours, { body: chat({ model: claude }, { stream: true }) });
      await other.ended;
      errorOf(readEvents(other.text).at(-1)?.data ?? '');
      equal(doneCount(other.text), 0);
    },
  },
];
