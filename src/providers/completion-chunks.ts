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
  const index = choice.index ?? 0;
  const piece = (delta: JsonObject, logprobs: Json = null, finish: Json = null) => ({
    index,
    delta,
    logprobs,
    finish_reason: finish,
  });
  return [
    piece({ role, content: typeof content === 'string' ? '' : null, ...others }),
    ...(hasText ? [piece({ content }, choice.logprobs ?? null)] : []),
    ...calls.map((call, position) => piece({ tool_calls: [{ index: position, ...call }] })),
    piece({}, null, choice.finish_reason ?? 'stop'),
  ];
}

function event(data: JsonObject): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
