import { isJsonObject, type Json, type JsonObject } from '../../records/call.ts';
import { messageId } from './to-message.ts';
import { toMessageError } from './translate-errors.ts';
import { messageUsage, stopReasons, textOf } from './wire-words.ts';

/** Statuses that errors in the middle of a stream stand for. */
const interruptedStatus = 500;

/**
 * The chunks of a chat completion, one after the other, as the events of a message. One block of text or thought is open at
 * a time; the calls of tools stay open until the end, for their pieces may come in turns.
 */
export class ToMessageEvents {
  #isStarted = false;
  #isDone = false;
  #blocks = 0;
  /** The block of text or thought that is being written. */
  #open: { readonly type: 'text' | 'thinking'; readonly index: number } | null = null;
  readonly #tools = new Map<number, number>();
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
    const open = [...(this.#open === null ? [] : [this.#open.index]), ...this.#tools.values()].sort((a, b) => a - b);
    const reason = this.#hasRefused ? 'refusal' : (stopReasons[this.#finish] ?? 'end_turn');
    return [
      ...open.map((index) => sent({ type: 'content_block_stop', index })),
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
    const events: string[] = [];
    if (this.#open?.type !== type) {
      events.push(...this.#close());
      const index = this.#blocks++;
      this.#open = { type, index };
      const block = type === 'text' ? { type, text: '' } : { type, thinking: '', signature: '' };
      events.push(sent({ type: 'content_block_start', index, content_block: block }));
    }
    return [...events, sent({ type: 'content_block_delta', index: this.#open?.index ?? 0, delta })];
  }

  #callTool(call: JsonObject): readonly string[] {
    const events: string[] = [];
    const made = isJsonObject(call.function) ? call.function : {};
    const which = typeof call.index === 'number' ? call.index : 0;
    let index = this.#tools.get(which);
    if (index === undefined) {
      events.push(...this.#close());
      index = this.#blocks++;
      this.#tools.set(which, index);
      const block = { type: 'tool_use', id: textOf(call.id), name: textOf(made.name), input: {} };
      events.push(sent({ type: 'content_block_start', index, content_block: block }));
    }
    const json = textOf(made.arguments);
    if (json === '') return events;
    return [
      ...events,
      sent({ type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: json } }),
    ];
  }

  #close(): readonly string[] {
    if (this.#open === null) return [];
    const { index } = this.#open;
    this.#open = null;
    return [sent({ type: 'content_block_stop', index })];
  }
}

function sent(data: JsonObject): string {
  return `event: ${textOf(data.type)}\ndata: ${JSON.stringify(data)}\n\n`;
}
