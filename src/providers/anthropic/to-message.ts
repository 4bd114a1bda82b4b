import { RightsizeError } from '../../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../records/call.ts';
import { messageUsage, stopReasons, textOf } from './wire-words.ts';

/** A chat completion as a message. Throws `upstream_failed` where it holds no choice, or a tool's call that is no JSON. */
export function toMessage(completion: JsonObject): JsonObject {
  const choice = Array.isArray(completion.choices) ? completion.choices[0] : undefined;
  const message = isJsonObject(choice) ? choice.message : undefined;
  if (!isJsonObject(choice) || !isJsonObject(message))
    throw new RightsizeError('upstream_failed', 'The upstream answered with no choice.');
  return {
    id: messageId(completion.id),
    type: 'message',
    role: 'assistant',
    model: textOf(completion.model),
    content: blocksOf(message),
    stop_reason:
      typeof message.refusal === 'string' ? 'refusal' : (stopReasons[textOf(choice.finish_reason)] ?? 'end_turn'),
    stop_sequence: null,
    usage: messageUsage(completion.usage),
  };
}

export function messageId(id: Json | undefined): string {
  const text = textOf(id);
  return text.startsWith('msg_') ? text : `msg_${text.replace(/^chatcmpl-/, '')}`;
}

function blocksOf(message: JsonObject): readonly Json[] {
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls.filter(isJsonObject) : [];
  const thoughts = textOf(message.reasoning_content);
  const texts = [textOf(message.content), textOf(message.refusal)].filter((text) => text !== '');
  return [
    ...(thoughts === '' ? [] : [{ type: 'thinking', thinking: thoughts, signature: '' }]),
    ...texts.map((text) => ({ type: 'text', text })),
    ...calls.map(toolUse),
  ];
}

function toolUse(call: JsonObject): JsonObject {
  const made = isJsonObject(call.function) ? call.function : {};
  return { type: 'tool_use', id: textOf(call.id), name: textOf(made.name), input: inputOf(textOf(made.arguments)) };
}

function inputOf(text: string): JsonObject {
  try {
    const input: unknown = JSON.parse(text || '{}');
    if (isJsonObject(input)) return input;
  } catch {
    // Told below, together with JSON that is no object.
  }
  throw new RightsizeError('upstream_failed', 'The upstream called a tool with arguments that are no JSON object.');
}
