import type { UpstreamReply } from '../upstream-reply.ts';

/** Plays OpenAI's Responses API: one message, whole or as the events of a stream. */
export function answerResponses(
  reply: UpstreamReply,
  { said, isStream }: { readonly said: string; readonly isStream: boolean },
): void {
  if (!isStream) {
    reply.json(200, responseOf('completed', [messageOf(said)]), { 'x-request-id': 'req_responses' });
    return;
  }
  reply.stream();
  for (const [sequence_number, { type, ...fields }] of responseEvents(said).entries())
    reply.write(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number, ...fields })}\n\n`);
  reply.end();
}

export interface ResponseEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The events of a streamed response, in OpenAI's order, without their numbers. */
export function responseEvents(said: string): readonly ResponseEvent[] {
  const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
  const part = { type: 'output_text', text: '', annotations: [], logprobs: [] };
  return [
    { type: 'response.created', response: responseOf('in_progress', []) },
    { type: 'response.in_progress', response: responseOf('in_progress', []) },
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { ...messageOf(''), status: 'in_progress', content: [] },
    },
    { type: 'response.content_part.added', ...at, part },
    ...(said.match(/.{1,5}/gsu) ?? []).map((delta) => ({
      type: 'response.output_text.delta',
      ...at,
      delta,
      logprobs: [],
    })),
    { type: 'response.output_text.done', ...at, text: said, logprobs: [] },
    { type: 'response.content_part.done', ...at, part: { ...part, text: said } },
    { type: 'response.output_item.done', output_index: 0, item: messageOf(said) },
    { type: 'response.completed', response: responseOf('completed', [messageOf(said)]) },
  ];
}

function messageOf(text: string): Record<string, unknown> {
  return {
    id: 'msg_1',
    type: 'message',
    status: 'completed',
    role: 'assistant',
    content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
  };
}

export function responseOf(status: string, output: readonly unknown[]): Record<string, unknown> {
  const usage = {
    input_tokens: 12,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 3,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 15,
  };
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1_790_000_000,
    status,
    error: null,
    incomplete_details: null,
    instructions: null,
    model: 'gpt-4o-mini-2024-07-18',
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    usage: status === 'completed' ? usage : null,
    metadata: {},
  };
}
