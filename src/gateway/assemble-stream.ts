import { isJsonObject, type Json, type JsonObject } from '../records/call.ts';

/**
 * The chat completion that a stream of chunks amounts to. An `error` event becomes the whole response. Null where the
 * stream holds no chunk, or ended before every choice had its finish reason.
 */
export function assembleStream(text: string): JsonObject | null {
  const frame: Record<string, Json | undefined> = {};
  const choices = new Map<number, Choice>();
  let usage: Json | undefined;
  const repeated = new RepeatedChunk();
  for (const data of eventData(text)) {
    const more = repeated.textOf(data);
    if (more !== null && repeated.choice !== null) {
      repeated.choice.message.content = joined(repeated.choice.message.content, more, 'content');
      continue;
    }
    const chunk = parse(data);
    if (!isJsonObject(chunk)) continue;
    if (isJsonObject(chunk.error)) return { error: chunk.error };
    for (const key in chunk) if (!notOfFrame.has(key)) frame[key] = chunk[key];
    if (isJsonObject(chunk.usage)) usage = chunk.usage;
    const list = chunk.choices;
    if (Array.isArray(list)) for (const piece of list) if (isJsonObject(piece)) addPiece(choices, piece);
    repeated.learn(data, chunk, choices);
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

/** Told once for all chunks, or not a field at all (`__proto__`). */
const notOfFrame = new Set(['choices', 'usage', 'object', '__proto__']);

interface Choice {
  readonly index: number;
  readonly message: Record<string, Json | undefined>;
  readonly toolCalls: Map<number, ToolCallPieces>;
  finishReason: Json;
}

/**
 * Most chunks of a stream differ from the one before in a few words of text and in nothing else. Those are told by their
 * signs alone, without being parsed.
 */
class RepeatedChunk {
  #head = '';
  #tail = '';
  /** Whose text such a chunk goes on with; null where the last one was of another kind. */
  choice: Choice | null = null;

  /** The text that a chunk adds, where it is the same as the last one but for that. */
  textOf(data: string): string | null {
    if (this.choice === null || data.length < this.#head.length + this.#tail.length) return null;
    if (!data.startsWith(this.#head) || !data.endsWith(this.#tail)) return null;
    const text = data.slice(this.#head.length, data.length - this.#tail.length);
    return text.includes('"') || text.includes('\\') ? null : text;
  }

  learn(data: string, { choices: list, usage }: JsonObject, choices: ReadonlyMap<number, Choice>): void {
    this.choice = null;
    const piece = Array.isArray(list) && list.length === 1 ? list[0] : undefined;
    if (!isJsonObject(piece) || !isJsonObject(piece.delta) || isJsonObject(usage)) return;
    const { content } = piece.delta;
    if (typeof content !== 'string' || Object.keys(piece.delta).length !== 1 || piece.finish_reason != null) return;
    const spelled = `"content":${JSON.stringify(content)}`;
    const at = data.indexOf('"content":');
    if (!data.startsWith(spelled, at) || data.includes('"content":', at + spelled.length)) return;
    this.#head = data.slice(0, at + '"content":"'.length);
    this.#tail = data.slice(at + spelled.length - 1);
    this.choice = choices.get(typeof piece.index === 'number' ? piece.index : 0) ?? null;
  }
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
  const { delta } = piece;
  const calls = delta.tool_calls;
  for (const key in delta)
    if (key !== 'tool_calls' && key !== '__proto__') choice.message[key] = joined(choice.message[key], delta[key], key);
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

const anyEmptyLine = /\r\n\r\n|\n\n|\r\r|\r\n\n|\n\r\n/;

/** The data in a text of server-sent events, whatever its line ends. What is no object (`[DONE]`, comments) is passed over. */
function* eventData(text: string): Generator<string> {
  for (const block of text.replace(/^\ufeff/, '').split(text.includes('\r') ? anyEmptyLine : '\n\n')) {
    const data = dataOf(block);
    if (data.startsWith('{')) yield data;
  }
}

function dataOf(block: string): string {
  // Nearly all events are a single line.
  if (block.startsWith('data: ') && !/[\r\n]/.test(block)) return block.slice('data: '.length);
  return block
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(line[5] === ' ' ? 6 : 5))
    .join('\n');
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
