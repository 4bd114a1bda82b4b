import type { Socket } from 'node:net';

/** A request as it came over the wire. */
export interface UpstreamRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Request line and headers, as they came. */
  readonly rawHead: string;
  /** Names in lower case; repeated ones joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** After the chunks of a chunked body were put together. */
  readonly body: Buffer;
  readonly text: string;
  /** The body as JSON; throws where it is none. */
  readonly json: () => Record<string, unknown>;
  /** Of `performance.now()`, when it was complete. */
  readonly at: number;
  readonly connection: { readonly socket: Socket; readonly closedAt: number | null };
}

/** Cuts what arrives on one connection into requests. */
export class RequestReader {
  #waiting: Buffer = Buffer.alloc(0);
  readonly #pieces: Buffer[] = [];
  /** Bytes in `#pieces`, and how many of them are worth another look. */
  #arrived = 0;
  #wanted = 0;
  readonly #socket: Socket;
  readonly #connection: UpstreamRequest['connection'];

  constructor(socket: Socket, connection: UpstreamRequest['connection']) {
    this.#socket = socket;
    this.#connection = connection;
  }

  push(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.#arrived += bytes.length;
  }

  /** The next complete request, or null. */
  next(): UpstreamRequest | null {
    if (this.#arrived < this.#wanted) return null;
    this.#waiting = Buffer.concat([this.#waiting, ...this.#pieces.splice(0)]);
    [this.#arrived, this.#wanted] = [0, 0];
    const headEnd = this.#waiting.indexOf('\r\n\r\n');
    if (headEnd < 0) return null;
    const rawHead = this.#waiting.subarray(0, headEnd + 4).toString('latin1');
    const headers = readHeaders(rawHead);
    const found = bodyOf(this.#waiting.subarray(headEnd + 4), headers);
    if (found === null) {
      if (headers.expect === '100-continue') this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      const whole = headEnd + 4 + Number(headers['content-length'] ?? 0);
      this.#wanted = Math.max(0, whole - this.#waiting.length);
      return null;
    }
    this.#waiting = this.#waiting.subarray(headEnd + 4 + found.length);
    const [method = '', path = ''] = rawHead.split(' ', 2);
    const { body } = found;
    const text = body.toString();
    const json = () => JSON.parse(text) as Record<string, unknown>;
    return { method, path, rawHead, headers, body, text, json, at: performance.now(), connection: this.#connection };
  }
}

export function readHeaders(head: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}

/** The body at the start of `bytes` and how many of them it takes; null while it is not complete. */
export function bodyOf(
  bytes: Buffer,
  headers: Readonly<Record<string, string>>,
): { readonly body: Buffer; readonly length: number } | null {
  if (headers['transfer-encoding']?.toLowerCase().includes('chunked')) return chunkedBody(bytes);
  const length = Number(headers['content-length'] ?? 0);
  return bytes.length < length ? null : { body: bytes.subarray(0, length), length };
}

function chunkedBody(bytes: Buffer): { readonly body: Buffer; readonly length: number } | null {
  const pieces: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString('latin1'), 16);
    if (Number.isNaN(size)) return null;
    const end = lineEnd + 2 + size + 2;
    if (bytes.length < end) return null;
    if (size === 0) return { body: Buffer.concat(pieces), length: end };
    pieces.push(bytes.subarray(lineEnd + 2, end - 2));
    at = end;
  }
}
