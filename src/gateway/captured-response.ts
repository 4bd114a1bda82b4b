import type { Headers } from '../providers/provider.ts';
import { isJsonObject, type JsonObject } from '../records/call.ts';
import { assembleStream } from './assemble-stream.ts';
import { encodingOf, unpack } from './unpack.ts';
import { UsageTail } from './usage-tail.ts';

/** More than any answer of a narrow task; a larger one passes through and is not kept. */
const largestKeptBytes = 1024 * 1024;

/** Listens in on an answer that streams by. It never holds back a byte, and never more than a megabyte. */
export class ResponseTee {
  readonly #assemble: StreamReader;
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** Of an answer that is too large to be kept: what it used is still wanted. */
  #tail: UsageTail | null = null;

  /** `assemble`: for streams of another grammar than that of chat completions. */
  constructor(assemble: StreamReader = assembleStream) {
    this.#assemble = assemble;
  }

  push(piece: Buffer): void {
    if (this.#tail !== null) {
      this.#tail.push(piece);
      return;
    }
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes <= largestKeptBytes) return;
    this.#tail = new UsageTail(0);
    for (const kept of this.#pieces) this.#tail.push(kept);
    this.#pieces = [];
  }

  /** What went by, as one response object. What cannot be read is an object with an `error`, which nothing learns from. */
  response(headers: Headers): JsonObject {
    if (this.#tail !== null) {
      const figures = this.#tail.response(headers);
      return { ...figures, ...unreadable('answer_too_large', 'The answer was too large to be kept.') };
    }
    const bytes = unpack(Buffer.concat(this.#pieces), encodingOf(headers));
    if (!Buffer.isBuffer(bytes)) return unreadable('answer_unreadable', 'The answer could not be unpacked.');
    return parsed(bytes.toString('utf8'), String(headers['content-type'] ?? ''), this.#assemble);
  }
}

/** The whole answer that a text of server-sent events amounts to; null where it is none. */
export type StreamReader = (text: string) => JsonObject | null;

function parsed(text: string, contentType: string, assemble: StreamReader): JsonObject {
  if (contentType.startsWith('text/event-stream'))
    return assemble(text) ?? unreadable('answer_incomplete', 'The stream ended before the answer was whole.');
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Told below, together with JSON that is no object.
  }
  return unreadable('answer_unreadable', 'The answer was no JSON object.');
}

/** Stands in for a response of which there is no telling what it said. */
export function unreadable(code: string, message: string): JsonObject {
  return { error: { message, type: 'api_error', param: null, code } };
}
