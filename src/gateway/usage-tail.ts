import type { Headers } from '../providers/provider.ts';
import { isJsonObject, type JsonObject } from '../records/call.ts';
import { encodingOf, unpack } from './unpack.ts';

/** Usage stands at the end of every answer; behind it come a few fields that callers set themselves. */
const keptBytes = 64 * 1024;
/** Packed answers are kept whole, and read only up to this size. */
const keptPackedBytes = 4 * 1024 * 1024;

/** Listens in on an answer for what it used. Never holds back a byte; keeps little more than the last of them. */
export class UsageTail {
  #pieces: Buffer[] = [];
  #bytes = 0;
  #isCut = false;
  readonly #wholeBytes: number;

  /** `wholeBytes`: answers up to this size are kept whole, for packed ones cannot be read from their end. */
  constructor(wholeBytes: number = keptPackedBytes) {
    this.#wholeBytes = wholeBytes;
  }

  push(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes <= Math.max(this.#wholeBytes, 2 * keptBytes)) return;
    this.#isCut = true;
    const tail = Buffer.concat(this.#pieces).subarray(-keptBytes);
    this.#pieces = [tail];
    this.#bytes = tail.length;
  }

  /** The same as `ResponseTee.response`, of nothing but figures. */
  response(headers: Headers): JsonObject {
    return this.read(headers) ?? {};
  }

  /** An object with the `usage` of the answer and, where it stands near, its `model`; null where none was told. */
  read(headers: Headers): JsonObject | null {
    const encoding = encodingOf(headers);
    if (this.#isCut && encoding !== 'identity') return null;
    const bytes = unpack(Buffer.concat(this.#pieces), encoding);
    if (!Buffer.isBuffer(bytes)) return null;
    const text = bytes.subarray(-keptBytes).toString('utf8');
    const usage = lastUsage(text);
    if (usage === null) return null;
    const model = /^"model"\s*:\s*"([^"\\]+)"/.exec(text.slice(text.lastIndexOf('"model"')))?.[1];
    return { usage, ...(model === undefined ? {} : { model }) };
  }
}

const name = '"usage"';

/** The last object under the name `usage`. */
function lastUsage(text: string): JsonObject | null {
  for (let at = text.lastIndexOf(name); at !== -1; at = at === 0 ? -1 : text.lastIndexOf(name, at - 1)) {
    const start = /^\s*:\s*(?=\{)/.exec(text.slice(at + name.length, at + name.length + 20))?.[0];
    const value = start === undefined ? null : parseObject(text.slice(at + name.length + start.length));
    if (value !== null) return value;
  }
  return null;
}

/** A usage object holds numbers and objects of numbers: braces are counted, for no text can stand in between. */
function parseObject(text: string): JsonObject | null {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) {
      try {
        const value: unknown = JSON.parse(text.slice(0, at + 1));
        return isJsonObject(value) ? value : null;
      } catch {
        return null;
      }
    }
  }
  return null;
}
