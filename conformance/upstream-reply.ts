import type { Socket } from 'node:net';

export type ReplyHeaders = Readonly<Record<string, string | readonly string[]>>;

/** One answer of the scripted upstream, written on the socket as told. */
export class UpstreamReply {
  readonly socket: Socket;
  /** Resolves when the answer is complete or its connection is gone; the next request of the connection waits for it. */
  readonly ended: Promise<void>;
  readonly #onFailure: () => void;
  #finish = (): void => {};
  #isChunked = false;
  #closes = false;
  #isWhole = false;

  constructor(socket: Socket, onFailure: () => void) {
    this.socket = socket;
    this.#onFailure = onFailure;
    this.ended = new Promise((resolve) => {
      this.#finish = () => {
        this.#isWhole = true;
        resolve();
      };
      socket.once('close', () => {
        if (!this.#isWhole) onFailure();
        resolve();
      });
    });
  }

  /** Bytes as they are, outside of any HTTP; `end` or `close` is up to the script. */
  raw(bytes: string | Buffer): this {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    return this;
  }

  /** Status line and headers. Without a content length and a transfer encoding the body is chunked. */
  head(status: number, headers: ReplyHeaders = {}): this {
    if (status === 429 || status >= 500) this.#onFailure();
    const names = Object.keys(headers).map((name) => name.toLowerCase());
    this.#isChunked = !names.includes('content-length') && !names.includes('transfer-encoding') && status !== 204;
    this.#closes = names.includes('connection') && headers.connection === 'close';
    const lines = Object.entries(headers).flatMap(([name, value]) =>
      (typeof value === 'string' ? [value] : value).map((each) => `${name}: ${each}`),
    );
    if (this.#isChunked) lines.push('transfer-encoding: chunked');
    return this.raw(`${[`HTTP/1.1 ${status} ${status < 400 ? 'OK' : 'Failed'}`, ...lines].join('\r\n')}\r\n\r\n`);
  }

  /** A piece of the body, as one chunk where the body is chunked. */
  write(bytes: string | Buffer): this {
    const piece = Buffer.from(bytes as string);
    if (piece.length === 0) return this;
    if (!this.#isChunked) return this.raw(piece);
    return this.raw(Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]));
  }

  /** Like `write`; resolves when the gateway has taken the bytes off this process. */
  async flush(bytes: string | Buffer): Promise<void> {
    this.write(bytes);
    if (this.socket.writableNeedDrain && !this.socket.destroyed)
      await new Promise<void>((resolve) => {
        this.socket.once('drain', resolve);
        this.socket.once('close', () => resolve());
      });
  }

  /** The body is complete. */
  end(bytes: string | Buffer = ''): void {
    this.write(bytes);
    if (this.#isChunked) this.raw('0\r\n\r\n');
    this.#finish();
    if (this.#closes) this.socket.end();
  }

  json(status: number, body: unknown, headers: ReplyHeaders = {}): void {
    this.body(status, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
  }

  /** A whole answer with its length. */
  body(status: number, body: string | Buffer, headers: ReplyHeaders = {}): void {
    const bytes = Buffer.from(body as string);
    this.head(status, { ...headers, 'content-length': String(bytes.length) }).end(bytes);
  }

  /** Head of an event stream. */
  stream(headers: ReplyHeaders = {}): this {
    return this.head(200, { 'content-type': 'text/event-stream; charset=utf-8', ...headers });
  }

  /** One `data:` event. */
  event(data: unknown): this {
    return this.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
  }

  /** A whole stream: its events and `[DONE]`. */
  events(events: readonly unknown[], headers: ReplyHeaders = {}): void {
    this.stream(headers);
    for (const event of events) this.event(event);
    this.event('[DONE]').end();
  }

  /** Breaks off as a crashed server does. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Closes the connection without finishing the answer. */
  close(): void {
    this.socket.end();
  }
}
