import type { Headers } from '../providers/provider.ts';
import { isJsonObject, type JsonObject } from '../records/call.ts';
import { assembleStream } from './assemble-stream.ts';
import { encodingOf, unpack } from './unpack.ts';

/** More than any answer of a narrow task; a larger one passes through and is not kept. */
const largestKeptBytes = 4 * 1024 * 1024;

/** Listens in on an answer that streams by. It never holds back a byte, and never more than a few megabytes. */
export class ResponseTee {
  readonly #assemble: StreamReader;
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** `assemble`: for streams of another grammar than that of chat completions. */
  constructor(assemble: StreamReader = assembleStream) {
    this.#assemble = assemble;
  }

  push(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes <= largestKeptBytes) this.#pieces.push(piece);
    else this.#pieces = [];
  }

  /** What went by, as one response object. What cannot be read is an object with an `error`, which nothing learns from. */
  response(headers: Headers): JsonObject {
    if (this.#bytes > largestKeptBytes) return unreadable('answer_too_large', 'The answer was too large to be kept.');
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
