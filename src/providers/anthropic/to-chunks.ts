import { isJsonObject, type Json, type JsonObject } from '../../records/call.ts';
import { toCompletionError } from './translate-errors.ts';
import { completionUsage, finishReasons, textOf } from './wire-words.ts';

export interface ChunkOptions {
  /** Seconds since 1970. */
  readonly created: number;
  readonly includeUsage: boolean;
}

/** A block of the message that is being written. */
interface OpenBlock {
  readonly type: string;
  /** Of a tool's call among the calls; -1 for anything else. */
  readonly toolIndex: number;
  readonly input: Json | undefined;
  hasArguments: boolean;
  thinking: string;
  signature: string;
}

/** The events of a message, one after the other, as chunks of a chat completion. */
export class ToChunks {
  readonly #options: ChunkOptions;
  readonly #blocks = new Map<number, OpenBlock>();
  #frame: JsonObject = {};
  #usage: JsonObject = {};
  #toolCalls = 0;
  #isDone = false;

  constructor(options: ChunkOptions) {
    this.#options = options;
  }

  /** Whether the message has ended, well or in an error that was told. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** The texts of the events to send; what a chat has no counterpart of (`ping`) gives none. */
  push(event: JsonObject): readonly string[] {
    switch (event.type) {
      case 'message_start':
        return this.#start(isJsonObject(event.message) ? event.message : {});
      case 'content_block_start':
        return this.#startBlock(indexOf(event), isJsonObject(event.content_block) ? event.content_block : {});
      case 'content_block_delta':
        return this.#grow(indexOf(event), isJsonObject(event.delta) ? event.delta : {});
      case 'content_block_stop':
        return this.#endBlock(indexOf(event));
      case 'message_delta':
        return this.#finish(event);
      case 'message_stop':
        return this.#end();
      case 'error':
        this.#isDone = true;
        return [sent(toCompletionError(event))];
      default:
        return [];
    }
  }

  #start(message: JsonObject): readonly string[] {
    const { id, model, usage } = message;
    this.#frame = {
      id: textOf(id),
      object: 'chat.completion.chunk',
      created: this.#options.created,
      model: textOf(model),
    };
    this.#addUsage(usage);
    return [this.#chunk({ role: 'assistant', content: '', refusal: null })];
  }

  #startBlock(index: number, block: JsonObject): readonly string[] {
    const isTool = block.type === 'tool_use';
    const toolIndex = isTool ? this.#toolCalls++ : -1;
    const thinking = textOf(block.thinking);
    this.#blocks.set(index, {
      type: textOf(block.type),
      toolIndex,
      input: block.input ?? block.data,
      hasArguments: false,
      thinking: '',
      signature: textOf(block.signature),
    });
    if (isTool) {
      const made = { name: textOf(block.name), arguments: '' };
      return [
        this.#chunk({ tool_calls: [{ index: toolIndex, id: textOf(block.id), type: 'function', function: made }] }),
      ];
    }
    if (thinking !== '') return this.#grow(index, { type: 'thinking_delta', thinking });
    const text = textOf(block.text);
    return block.type === 'text' && text !== '' ? [this.#chunk({ content: text })] : [];
  }

  #grow(index: number, delta: JsonObject): readonly string[] {
    const block = this.#blocks.get(index);
    if (delta.type === 'text_delta') return [this.#chunk({ content: textOf(delta.text) })];
    if (block === undefined) return [];
    if (delta.type === 'thinking_delta') {
      block.thinking += textOf(delta.thinking);
      return [this.#chunk({ reasoning_content: textOf(delta.thinking) })];
    }
    if (delta.type === 'signature_delta') block.signature += textOf(delta.signature);
    if (delta.type !== 'input_json_delta' || textOf(delta.partial_json) === '') return [];
    block.hasArguments = true;
    return [this.#arguments(block, textOf(delta.partial_json))];
  }

  #endBlock(index: number): readonly string[] {
    const block = this.#blocks.get(index);
    this.#blocks.delete(index);
    if (block === undefined) return [];
    if (block.toolIndex >= 0 && !block.hasArguments) return [this.#arguments(block, JSON.stringify(block.input ?? {}))];
    if (block.type === 'thinking')
      return [this.#thought({ type: 'thinking', thinking: block.thinking, signature: block.signature })];
    return block.type === 'redacted_thinking' ? [this.#thought({ type: block.type, data: textOf(block.input) })] : [];
  }

  #arguments({ toolIndex }: OpenBlock, text: string): string {
    return this.#chunk({ tool_calls: [{ index: toolIndex, function: { arguments: text } }] });
  }

  #thought(block: JsonObject): string {
    return this.#chunk({ thinking_blocks: [block] });
  }

  #finish({ delta, usage }: JsonObject): readonly string[] {
    this.#addUsage(usage);
    const reason = isJsonObject(delta) ? textOf(delta.stop_reason) : '';
    return [this.#chunk({}, finishReasons[reason] ?? 'stop')];
  }

  #end(): readonly string[] {
    this.#isDone = true;
    const usage = this.#options.includeUsage
      ? [sent({ ...this.#frame, choices: [], usage: completionUsage(this.#usage) })]
      : [];
    return [...usage, 'data: [DONE]\n\n'];
  }

  /** Later figures are of the whole message, and stand in the place of earlier ones. */
  #addUsage(usage: Json | undefined): void {
    if (!isJsonObject(usage)) return;
    const told = Object.entries(usage).filter(([, value]) => value !== null && value !== undefined);
    this.#usage = { ...this.#usage, ...Object.fromEntries(told) };
  }

  #chunk(delta: JsonObject, finish: string | null = null): string {
    return sent({
      ...this.#frame,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...(this.#options.includeUsage ? { usage: null } : {}),
    });
  }
}

function indexOf({ index }: JsonObject): number {
  return typeof index === 'number' ? index : 0;
}

function sent(data: JsonObject): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
