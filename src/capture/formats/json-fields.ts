import type { Json, JsonObject } from '../../records/call.ts';
import { isObject, parseTime } from '../parse-call.ts';

/** The first of several names under which exporters write one thing; undefined where none has a value. */
export function firstOf(record: JsonObject, ...names: readonly string[]): Json | undefined {
  for (const name of names) {
    const value = record[name];
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

/** JSON that an exporter wrote as text is read; anything else is as it is. */
export function unpacked(value: Json | undefined): Json | undefined {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}

export function objectOf(value: Json | undefined): JsonObject {
  const read = unpacked(value);
  return isObject(read) ? read : {};
}

/** Milliseconds between two times; null where one is missing or they are the wrong way round. */
export function elapsedMs(from: Json | undefined, to: Json | undefined): number | null {
  const start = parseTime(from);
  const end = parseTime(to);
  return start === null || end === null || end < start ? null : end - start;
}

/** The messages of a prompt, however it was written down; undefined where there is none. */
export function messagesOf(value: Json | undefined): readonly JsonObject[] | undefined {
  const read = unpacked(value);
  if (typeof read === 'string' && read !== '') return [{ role: 'user', content: read }];
  if (isObject(read)) return read.messages === undefined ? messagesOf([read]) : messagesOf(read.messages);
  if (!Array.isArray(read) || read.length === 0) return undefined;
  const messages = read.filter((message: unknown): message is JsonObject => isObject(message) && 'role' in message);
  return messages.length === read.length ? messages : undefined;
}

/** A chat completion out of what an exporter kept of the answer; undefined where there is nothing of one. */
export function completionOf(value: Json | undefined, usage: JsonObject | null): JsonObject | undefined {
  const read = unpacked(value);
  if (isObject(read) && (Array.isArray(read.choices) || isObject(read.error))) return read;
  const message = assistantMessage(read);
  if (!message) return undefined;
  const reason = Array.isArray(message.tool_calls) && message.tool_calls.length > 0 ? 'tool_calls' : 'stop';
  return { choices: [{ index: 0, message, finish_reason: reason }], ...(usage ? { usage } : {}) };
}

function assistantMessage(value: Json | undefined): JsonObject | undefined {
  if (typeof value === 'string') return { role: 'assistant', content: value };
  if (Array.isArray(value)) return value.length === 1 ? assistantMessage(value[0]) : undefined;
  if (!isObject(value)) return undefined;
  if (typeof value.role === 'string' || typeof value.content === 'string') return { role: 'assistant', ...value };
  // A structured answer was parsed before it was logged; the model wrote it as text.
  return Object.keys(value).length === 0 ? undefined : { role: 'assistant', content: JSON.stringify(value) };
}

/** OpenAI's usage object out of token counts; null where none is known. */
export function usageOf(input: Json | undefined, output: Json | undefined): JsonObject | null {
  if (typeof input !== 'number' && typeof output !== 'number') return null;
  return {
    ...(typeof input === 'number' ? { prompt_tokens: input } : {}),
    ...(typeof output === 'number' ? { completion_tokens: output } : {}),
    ...(typeof input === 'number' && typeof output === 'number' ? { total_tokens: input + output } : {}),
  };
}
