import { isJsonObject, type Json, type JsonObject } from '../../records/call.ts';
import { messageId } from './to-message.ts';
import { toMessageError } from './translate-errors.ts';
import { messageUsage, stopReasons, textOf } from './wire-words.ts';

/** Statuses that errors in the middle of a stream stand for. */
const interruptedStatus = 500;

/** A tool's call that is being made. */
interface ToolCall {
  id: string;
  name: string;
  /** All of its arguments so far. */
  json: string;
  /** What of them has not been sent: another block is open. */
  waiting: string;
  state: 'waiting' | 'open' | 'closed';
}

/**
 * The chunks of a chat completion, one after the other, as the events of a message. One block is open at a time, as clients
 * expect; where the calls of tools come in turns, the later one waits until the arguments of the earlier are whole.
 */
export class ToMessageEvents {
  #isStarted = false;
  #isDone = false;
  #blocks = 0;
  #open: 'text' | 'thinking' | ToolCall | null = null;
  readonly #tools = new Map<number, ToolCall>();
  #finish: string | null = null;
  #hasRefused = false;
  #usage: Json | undefined;

  /** Whether the message has ended, well or in an error that was told. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** The texts of the events to send. */
  push(chunk: JsonObject): readonly string[] {
    if (isJsonObject(chunk.error)) {
      this.#isDone = true;
      return [sent(toMessageError(chunk, interruptedStatus))];
    }
    if (isJsonObject(chunk.usage)) this.#usage = chunk.usage;
    const choice = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
    const events = this.#isStarted ? [] : this.#start(chunk);
    if (!isJsonObject(choice)) return events;
    if (isJsonObject(choice.delta)) events.push(...this.#grow(choice.delta));
    if (typeof choice.finish_reason === 'string') this.#finish = choice.finish_reason;
    return events;
  }

  /** At the end of the stream. Nothing where no choice was finished: then the stream was cut. */
  end(): readonly string[] {
    if (this.#isDone || this.#finish === null) return [];
    this.#isDone = true;
    const reason = this.#hasRefused ? 'refusal' : (stopReasons[this.#finish] ?? 'end_turn');
    return [
      ...this.#close(),
      ...[...this.#tools.values()].flatMap((tool) =>
        tool.state === 'waiting' ? [...this.#begin(tool), ...this.#close()] : [],
      ),
      sent({
        type: 'message_delta',
        delta: { stop_reason: reason, stop_sequence: null },
        usage: messageUsage(this.#usage),
      }),
      sent({ type: 'message_stop' }),
    ];
  }

  #start({ id, model }: JsonObject): string[] {
    this.#isStarted = true;
    const message = {
      id: messageId(id),
      type: 'message',
      role: 'assistant',
      model: textOf(model),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      // The other API tells its usage at the end; the figures of `message_delta` stand in the place of these.
      usage: messageUsage(this.#usage),
    };
    return [sent({ type: 'message_start', message })];
  }

  #grow(delta: JsonObject): readonly string[] {
    const events: string[] = [];
    const thinking = textOf(delta.reasoning_content);
    if (thinking !== '') events.push(...this.#write('thinking', { type: 'thinking_delta', thinking }));
    const text = textOf(delta.content) + textOf(delta.refusal);
    if (textOf(delta.refusal) !== '') this.#hasRefused = true;
    if (text !== '') events.push(...this.#write('text', { type: 'text_delta', text }));
    const calls = Array.isArray(delta.tool_calls) ? delta.tool_calls.filter(isJsonObject) : [];
    return [...events, ...calls.flatMap((call) => this.#callTool(call))];
  }

  #write(type: 'text' | 'thinking', delta: JsonObject): readonly string[] {
    const block = type === 'text' ? { type, text: '' } : { type, thinking: '', signature: '' };
    const start = this.#open === type ? [] : [...this.#close(), this.#startBlock(block)];
    this.#open = type;
    return [...start, this.#delta(delta)];
  }

  #callTool(call: JsonObject): readonly string[] {
    const made = isJsonObject(call.function) ? call.function : {};
    const which = typeof call.index === 'number' ? call.index : 0;
    const tool = this.#tools.get(which) ?? { id: '', name: '', json: '', waiting: '', state: 'waiting' };
    this.#tools.set(which, tool);
    tool.id ||= textOf(call.id);
    tool.name ||= textOf(made.name);
    const json = textOf(made.arguments);
    tool.json += json;
    if (tool.state === 'open')
      return json === '' ? [] : [this.#delta({ type: 'input_json_delta', partial_json: json })];
    tool.waiting += json;
    return this.#beginWaiting();
  }

  /** Goes on with the next tool, and the next, as far as those before them are whole. */
  #beginWaiting(): readonly string[] {
    const events: string[] = [];
    for (const tool of this.#tools.values()) {
      if (tool.state !== 'waiting') continue;
      if (typeof this.#open === 'object' && this.#open !== null && !isWhole(this.#open.json)) break;
      events.push(...this.#close(), ...this.#begin(tool));
    }
    return events;
  }

  #begin(tool: ToolCall): readonly string[] {
    const { id, name, waiting } = tool;
    const start = this.#startBlock({ type: 'tool_use', id, name, input: {} });
    tool.state = 'open';
    tool.waiting = '';
    this.#open = tool;
    return waiting === '' ? [start] : [start, this.#delta({ type: 'input_json_delta', partial_json: waiting })];
  }

  #startBlock(block: JsonObject): string {
    return sent({ type: 'content_block_start', index: this.#blocks++, content_block: block });
  }

  #delta(delta: JsonObject): string {
    return sent({ type: 'content_block_delta', index: this.#blocks - 1, delta });
  }

  #close(): readonly string[] {
    if (this.#open === null) return [];
    if (typeof this.#open === 'object') this.#open.state = 'closed';
    this.#open = null;
    return [sent({ type: 'content_block_stop', index: this.#blocks - 1 })];
  }
}

function isWhole(json: string): boolean {
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}

function sent(data: JsonObject): string {
  return `event: ${textOf(data.type)}\ndata: ${JSON.stringify(data)}\n\n`;
}
