/** What Anthropic's API says: a message with thinking, text and two tools, whole and as the events of a stream. */
export const said = 'Hello, größer 👋';

export const message = {
  id: 'msg_conformance',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-6',
  content: [
    { type: 'thinking', thinking: 'Let me see.', signature: 'EqQBCgIYAhIM+sig/nature==' },
    { type: 'text', text: said },
    { type: 'tool_use', id: 'toolu_a', name: 'get_weather', input: { city: 'Köln' } },
    { type: 'tool_use', id: 'toolu_b', name: 'get_time', input: { city: 'Ulm' } },
  ],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: {
    input_tokens: 25,
    cache_creation_input_tokens: 7,
    cache_read_input_tokens: 11,
    output_tokens: 15,
    service_tier: 'standard',
  },
};

export interface MessageEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

const { output_tokens, ...inputUsage } = message.usage;

/** The same message, in Anthropic's order of events. */
export const messageEvents: readonly MessageEvent[] = [
  {
    type: 'message_start',
    message: { ...message, content: [], stop_reason: null, usage: { ...inputUsage, output_tokens: 1 } },
  },
  { type: 'ping' },
  ...block(0, { type: 'thinking', thinking: '', signature: '' }, [
    { type: 'thinking_delta', thinking: 'Let me ' },
    { type: 'thinking_delta', thinking: 'see.' },
    { type: 'signature_delta', signature: 'EqQBCgIYAhIM+sig/nature==' },
  ]),
  ...block(1, { type: 'text', text: '' }, [
    { type: 'text_delta', text: 'Hello, grö' },
    { type: 'text_delta', text: 'ßer 👋' },
  ]),
  ...toolBlock(2, 'toolu_a', 'get_weather', ['{"city": "K', 'öln"}']),
  ...toolBlock(3, 'toolu_b', 'get_time', ['', '{"city": "Ulm"}']),
  { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens } },
  { type: 'message_stop' },
];

function toolBlock(index: number, id: string, name: string, pieces: readonly string[]): readonly MessageEvent[] {
  const deltas = pieces.map((partial_json) => ({ type: 'input_json_delta', partial_json }));
  return block(index, { type: 'tool_use', id, name, input: {} }, deltas);
}

function block(index: number, content_block: object, deltas: readonly object[]): readonly MessageEvent[] {
  return [
    { type: 'content_block_start', index, content_block },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
}

export function messageEventText(event: MessageEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** A request to Anthropic's API, as its clients send it. */
export function messageRequest(model: string, fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { model, max_tokens: 100, messages: [{ role: 'user', content: 'Say hello.' }], ...fields };
}

/** What OpenAI's tools are to Anthropic. */
export const messageTools = ['get_weather', 'get_time'].map((name) => ({
  name,
  description: name,
  input_schema: { type: 'object', properties: { city: { type: 'string' } } },
}));
