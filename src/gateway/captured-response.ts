import * as zlib from 'node:zlib';
import type { Headers } from '../providers/provider.ts';
import { isJsonObject, type JsonObject } from '../records/call.ts';
import { assembleStream } from './assemble-stream.ts';

/** More than any answer of a narrow task; a larger one passes through and is not kept. */
const largestKeptBytes = 4 * 1024 * 1024;

/** Listens in on an answer that streams by. It never holds back a byte, and never more than a few megabytes. */
export class ResponseTee {
  #pieces: Buffer[] = [];
  #bytes = 0;

  push(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes <= largestKeptBytes) this.#pieces.push(piece);
    else this.#pieces = [];
  }

  /** What went by, as one response object. What cannot be read is an object with an `error`, which nothing learns from. */
  response(headers: Headers): JsonObject {
    if (this.#bytes > largestKeptBytes) return unreadable('answer_too_large', 'The answer was too large to be kept.');
    try {
      const bytes = decoded(Buffer.concat(this.#pieces), String(headers['content-encoding'] ?? 'identity'));
      return parsed(bytes.toString('utf8'), String(headers['content-type'] ?? ''));
    } catch {
      return unreadable('answer_unreadable', 'The answer could not be unpacked.');
    }
  }
}

function parsed(text: string, contentType: string): JsonObject {
  if (contentType.startsWith('text/event-stream'))
    return assembleStream(text) ?? unreadable('answer_incomplete', 'The stream ended before the answer was whole.');
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Told below, together with JSON that is no object.
  }
  return unreadable('answer_unreadable', 'The answer was no JSON object.');
}

function decoded(bytes: Buffer, encoding: string): Buffer {
  const limit = { maxOutputLength: 4 * largestKeptBytes };
  switch (encoding.trim().toLowerCase()) {
    case 'identity':
    case '':
      return bytes;
    case 'gzip':
    case 'x-gzip':
      return zlib.gunzipSync(bytes, limit);
    case 'deflate':
      return zlib.inflateSync(bytes, limit);
    case 'br':
      return zlib.brotliDecompressSync(bytes, limit);
    case 'zstd':
      return unzstd(bytes, limit);
    default:
      throw new RangeError(`unknown encoding ${encoding}`);
  }
}

/** Node has it from 22.15 on. */
function unzstd(bytes: Buffer, limit: { readonly maxOutputLength: number }): Buffer {
  if (!('zstdDecompressSync' in zlib)) throw new RangeError('this runtime has no zstd');
  return zlib.zstdDecompressSync(bytes, limit);
}

/** Stands in for a response of which there is no telling what it said. */
export function unreadable(code: string, message: string): JsonObject {
  return { error: { message, type: 'api_error', param: null, code } };
}
