import { isJsonObject, type Json, type JsonObject } from '../../records/call.ts';
import { completionUsage, finishReasons, textOf } from './wire-words.ts';

/** Seconds since 1970, which messages do not tell. */
export type Created = number;

/** A message as a chat completion. */
export function toCompletion(message: JsonObject, created: Created): JsonObject {
  const blocks = (Array.isArray(message.content) ? message.content : []).filter(isJsonObject);
  return {
    id: textOf(message.id),
    object: 'chat.completion',
    created,
    model: textOf(message.model),
    choices: [
      {
        index: 0,
        message: toMessage(blocks),
        logprobs: null,
        finish_reason: finishReasons[textOf(message.stop_reason)] ?? 'stop',
      },
    ],
    ...(isJsonObject(message.usage) ? { usage: completionUsage(message.usage) } : {}),
  };
}

function toMessage(blocks: readonly JsonObject[]): JsonObject {
  const text = blocks.filter(({ type }) => type === 'text').map((block) => textOf(block.text));
  const thoughts = blocks.filter(({ type }) => type === 'thinking' || type === 'redacted_thinking');
  const calls = blocks.filter(({ type }) => type === 'tool_use').map(toToolCall);
  return {
    role: 'assistant',
    content: text.length > 0 ? text.join('') : null,
    refusal: null,
    ...(thoughts.length > 0 ? reasoningFields(thoughts) : {}),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
}

/** `thinking_blocks` carry the signatures that Anthropic wants back with the answers of tools. */
function reasoningFields(thoughts: readonly JsonObject[]): JsonObject {
  return {
    reasoning_content: thoughts.map((block) => textOf(block.thinking)).join(''),
    thinking_blocks: thoughts,
  };
}

function toToolCall({ id, name, input }: JsonObject): Json {
  return {
    id: textOf(id),
    type: 'function',
    function: { name: textOf(name), arguments: JSON.stringify(input ?? {}) },
  };
}
