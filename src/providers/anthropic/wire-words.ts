import type { Json, JsonObject } from '../../records/call.ts';
import { isJsonObject } from '../../records/call.ts';

/** Why an answer ended, in the words of both APIs. */
export const finishReasons: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};

export const stopReasons: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
};

/** The usage object of a chat completion out of a message's, whose input tokens leave the cached ones out. */
export function completionUsage(usage: JsonObject): JsonObject {
  const read = count(usage.cache_read_input_tokens);
  const written = count(usage.cache_creation_input_tokens);
  const input = count(usage.input_tokens) + read + written;
  const output = count(usage.output_tokens);
  const details = isJsonObject(usage.output_tokens_details) ? usage.output_tokens_details : {};
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: read, cache_creation_tokens: written },
    completion_tokens_details: { reasoning_tokens: count(details.thinking_tokens) },
  };
}

/** The other way round. */
export function messageUsage(usage: Json | undefined): JsonObject {
  if (!isJsonObject(usage)) return { input_tokens: 0, output_tokens: 0 };
  const details = isJsonObject(usage.prompt_tokens_details) ? usage.prompt_tokens_details : {};
  const read = count(details.cached_tokens);
  const written = count(details.cache_creation_tokens);
  return {
    input_tokens: Math.max(0, count(usage.prompt_tokens) - read - written),
    output_tokens: count(usage.completion_tokens),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
  };
}

function count(value: Json | undefined): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}

/** Undefined and null alike: the caller said nothing. */
export function isUnsaid(value: Json | undefined): value is null | undefined {
  return value === undefined || value === null;
}

export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Only the fields that say something. */
export function said(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isUnsaid(value)));
}
