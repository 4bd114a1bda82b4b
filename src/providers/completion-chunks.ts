import { isJsonObject, type Json, type JsonObject } from '../records/call.ts';

/**
 * A whole chat completion as the events of a stream, in OpenAI's grammar: a chunk with the role, one with the content
 * (or the tool calls), one with the finish reason, one with the usage only where the caller asked for it, `[DONE]`.
 */
export function completionEvents(completion: JsonObject, includeUsage: boolean): readonly string[] {
  const { choices, usage, ...frame } = completion;
  const chunk = (list: readonly Json[], usageNow: Json) =>
    event({ ...frame, object: 'chat.completion.chunk', choices: list, ...(includeUsage ? { usage: usageNow } : {}) });
  const whole = (Array.isArray(choices) ? choices : []).filter(isJsonObject);
  return [
    ...whole.flatMap((choice) => choiceDeltas(choice).map((delta) => chunk([delta], null))),
    ...(includeUsage ? [chunk([], usage ?? null)] : []),
    'data: [DONE]\n\n',
  ];
}

function choiceDeltas(choice: JsonObject): readonly JsonObject[] {
  const message = isJsonObject(choice.message) ? choice.message : {};
  const { role = 'assistant', content = null, tool_calls: toolCalls, ...others } = message;
  const hasText = typeof content === 'string' && content !== '';
  const calls = Array.isArray(toolCalls) ? toolCalls.filter(isJsonObject) : [];
  const frame = { index: choice.index ?? 0, logprobs: null, finish_reason: null };
  return [
    { ...frame, delta: { role, content: typeof content === 'string' ? '' : null, ...others } },
    ...(hasText ? [{ ...frame, delta: { content }, logprobs: choice.logprobs ?? null }] : []),
    ...calls.map((call, index) => ({ ...frame, delta: { tool_calls: [{ index, ...call }] } })),
    { ...frame, delta: {}, finish_reason: choice.finish_reason ?? 'stop' },
  ];
}

function event(data: JsonObject): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
