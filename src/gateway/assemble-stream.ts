import { isJsonObject, type Json, type JsonObject } from '../records/call.ts';

/**
 * The chat completion that a stream of chunks amounts to. An `error` event becomes the whole response. Null where the
 * stream holds no chunk, or ended before every choice had its finish reason.
 */
export function assembleStream(text: string): JsonObject | null {
  const frame: Record<string, Json | undefined> = {};
  const choices = new Map<number, Choice>();
  let usage: Json | undefined;
  for (const chunk of eventData(text)) {
    if (isJsonObject(chunk.error)) return { error: chunk.error };
    const { choices: list, usage: reported, object: _, ...others } = chunk;
    Object.assign(frame, others);
    if (isJsonObject(reported)) usage = reported;
    if (Array.isArray(list)) for (const piece of list) if (isJsonObject(piece)) addPiece(choices, piece);
  }
  const whole = [...choices.values()].sort((a, b) => a.index - b.index);
  if (whole.length === 0 || whole.some(({ finishReason }) => finishReason === null)) return null;
  return {
    ...frame,
    object: 'chat.completion',
    choices: whole.map(wholeChoice),
    ...(usage === undefined ? {} : { usage }),
  };
}

interface Choice {
  readonly index: number;
  readonly message: Record<string, Json | undefined>;
  readonly toolCalls: Map<number, ToolCallPieces>;
  finishReason: Json;
}

interface ToolCallPieces {
  id: Json;
  name: string;
  arguments: string;
}

function addPiece(choices: Map<number, Choice>, piece: JsonObject): void {
  const index = typeof piece.index === 'number' ? piece.index : 0;
  const choice: Choice = choices.get(index) ?? { index, message: {}, toolCalls: new Map(), finishReason: null };
  choices.set(index, choice);
  if (piece.finish_reason !== undefined && piece.finish_reason !== null) choice.finishReason = piece.finish_reason;
  if (!isJsonObject(piece.delta)) return;
  const { tool_calls: calls, ...fields } = piece.delta;
  for (const [key, value] of Object.entries(fields)) choice.message[key] = joined(choice.message[key], value, key);
  if (Array.isArray(calls)) for (const call of calls) if (isJsonObject(call)) addToolCall(choice.toolCalls, call);
}

/** Text grows; the role is said once or in every chunk and stays what it is. */
function joined(before: Json | undefined, now: Json | undefined, key: string): Json | undefined {
  if (key !== 'role' && typeof before === 'string' && typeof now === 'string') return before + now;
  return now === null || now === undefined ? (before ?? now) : now;
}

function addToolCall(calls: Map<number, ToolCallPieces>, piece: JsonObject): void {
  const index = typeof piece.index === 'number' ? piece.index : 0;
  const call = calls.get(index) ?? { id: null, name: '', arguments: '' };
  calls.set(index, call);
  const made = isJsonObject(piece.function) ? piece.function : {};
  if (typeof piece.id === 'string') call.id = piece.id;
  if (typeof made.name === 'string') call.name += made.name;
  if (typeof made.arguments === 'string') call.arguments += made.arguments;
}

function wholeChoice({ index, message, toolCalls, finishReason }: Choice): JsonObject {
  const calls = [...toolCalls.entries()].sort(([a], [b]) => a - b).map(([, call]) => call);
  const made = calls.map(({ id, name, arguments: text }) => ({
    id,
    type: 'function',
    function: { name, arguments: text },
  }));
  const { role = 'assistant', content = null, ...others } = message;
  return {
    index,
    message: {
      role,
      content: content === '' && made.length > 0 ? null : content,
      ...others,
      ...(made.length > 0 ? { tool_calls: made } : {}),
    },
    logprobs: null,
    finish_reason: finishReason,
  };
}

/** The JSON objects in a text of server-sent events, whatever its line ends. What is no object (`[DONE]`, comments) is passed over. */
function* eventData(text: string): Generator<JsonObject> {
  for (const block of text.replace(/^\ufeff/, '').split(/\r\n\r\n|\n\n|\r\r|\r\n\n|\n\r\n/)) {
    const data = block
      .split(/\r\n|\n|\r/)
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice(line[5] === ' ' ? 6 : 5))
      .join('\n');
    // Parsing `[DONE]` would throw, and throwing costs more than all the rest.
    const value = data.startsWith('{') ? parse(data) : null;
    if (isJsonObject(value)) yield value;
  }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
