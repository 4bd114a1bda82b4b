import type { ServerResponse } from 'node:http';
import type { JsonObject } from '../src/records/call.ts';

/** A message as Anthropic writes it. */
export function message(content: readonly JsonObject[], fields: JsonObject = {}): JsonObject {
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5-20250929',
    content,
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 10, cache_creation_input_tokens: 3, cache_read_input_tokens: 2, output_tokens: 7 },
    ...fields,
  };
}

export function text(said: string): JsonObject {
  return { type: 'text', text: said };
}

/** The events in which Anthropic streams a message, its texts and inputs cut in two. */
export function messageEvents(whole: JsonObject): readonly string[] {
  const { content, stop_reason, stop_sequence, usage, ...frame } = whole;
  const blocks = content as readonly JsonObject[];
  const start = { ...frame, content: [], stop_reason: null, stop_sequence: null };
  const { output_tokens, ...input } = usage as JsonObject;
  return [
    { type: 'message_start', message: { ...start, usage: { ...input, output_tokens: 1 } } },
    { type: 'ping' },
    ...blocks.flatMap(blockEvents),
    { type: 'message_delta', delta: { stop_reason, stop_sequence }, usage: { output_tokens } },
    { type: 'message_stop' },
  ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

function blockEvents(block: JsonObject, index: number): readonly JsonObject[] {
  const [empty, deltas] = startOf(block);
  return [
    { type: 'content_block_start', index, content_block: empty },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
}

function startOf(block: JsonObject): readonly [JsonObject, readonly JsonObject[]] {
  if (block.type === 'text')
    return [{ type: 'text', text: '' }, halves(String(block.text)).map((text) => ({ type: 'text_delta', text }))];
  if (block.type === 'tool_use')
    return [
      { ...block, input: {} },
      ['', ...halves(JSON.stringify(block.input))].map((json) => ({ type: 'input_json_delta', partial_json: json })),
    ];
  if (block.type === 'thinking')
    return [
      { type: 'thinking', thinking: '', signature: '' },
      [
        ...halves(String(block.thinking)).map((thinking) => ({ type: 'thinking_delta', thinking })),
        { type: 'signature_delta', signature: block.signature ?? '' },
      ],
    ];
  return [block, []];
}

function halves(whole: string): readonly string[] {
  const middle = Math.ceil(whole.length / 2);
  return [whole.slice(0, middle), whole.slice(middle)].filter((half) => half !== '');
}

/** Sends a message whole or streamed, as the request asks. */
export function sendMessage(response: ServerResponse, body: string, whole: JsonObject): void {
  const { stream } = JSON.parse(body) as { stream?: boolean };
  response.setHeader('request-id', 'req_upstream');
  if (stream !== true) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(whole));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of messageEvents(whole)) response.write(event);
  response.end();
}
