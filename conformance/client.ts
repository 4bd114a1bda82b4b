import { type Agent, type IncomingHttpHeaders, request } from 'node:http';
import type { CheckContext, OurGateway } from './check.ts';

/** The gateway of a check, or one of its own. */
export type Gateway = CheckContext | OurGateway;
/** Whatever can be asked. */
export type Addressed = Pick<Gateway, 'origin' | 'headers'>;

export interface Question {
  readonly method?: string;
  /** Behind the origin; `/v1/chat/completions` where none is given. */
  readonly path?: string;
  /** Sent as it is when it is text or bytes, as JSON otherwise; nothing where it is missing. */
  readonly body?: unknown;
  /** Over the gateway's own. A value of '' leaves the header out. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
  readonly signal?: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  /** As it came, before any content encoding is undone. */
  readonly body: Buffer;
  readonly text: string;
  /** Whether the answer ended as HTTP says it should. */
  readonly isComplete: boolean;
  /** The body as JSON; throws where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: a check looks into whatever came back.
  readonly json: any;
}

/** Sends one request with nothing of a client library in between, and reads the whole answer. */
export async function ask(gateway: Addressed, question: Question = {}): Promise<Reply> {
  const stream = await openStream(gateway, question);
  await stream.ended;
  const body = Buffer.concat(stream.pieces.map(({ bytes }) => bytes));
  const text = body.toString();
  const { status, headers, rawHeaders, isComplete } = stream;
  return {
    status,
    headers,
    rawHeaders,
    body,
    text,
    isComplete,
    get json() {
      return JSON.parse(text);
    },
  };
}

export interface Piece {
  /** Of `performance.now()`. */
  readonly at: number;
  readonly bytes: Buffer;
}

export interface OpenStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  /** When the status line had come. */
  readonly startedAt: number;
  readonly pieces: readonly Piece[];
  readonly text: string;
  /** Resolves when the answer has ended, well or not. */
  readonly ended: Promise<void>;
  readonly isComplete: boolean;
  /** Resolves once the text so far satisfies the claim, or the answer has ended. */
  until(claim: (text: string) => boolean): Promise<void>;
  /** Hangs up. */
  abort(): void;
  pause(): void;
  resume(): void;
}

/** Sends one request; resolves when status and headers have come. Rejects where the connection ends before. */
export function openStream(gateway: Addressed, question: Question = {}): Promise<OpenStream> {
  const { method = 'POST', path = '/v1/chat/completions', body, agent, signal } = question;
  const bytes =
    body === undefined ? null : typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const headers = Object.fromEntries(
    Object.entries(gateway.headers(question.headers)).filter(([, value]) => value !== ''),
  );
  if (bytes !== null && headers['transfer-encoding'] === undefined)
    headers['content-length'] ??= String(Buffer.byteLength(bytes));
  const url = new URL(gateway.origin);
  return new Promise((resolve, reject) => {
    const sent = request({
      host: url.hostname,
      port: url.port,
      path,
      method,
      headers,
      agent: agent ?? false,
      ...(signal && { signal }),
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const pieces: Piece[] = [];
      const startedAt = performance.now();
      let notify = (): void => {};
      let hasEnded = false;
      const text = () => Buffer.concat(pieces.map((piece) => piece.bytes)).toString();
      response.on('data', (piece: Buffer) => {
        pieces.push({ at: performance.now(), bytes: piece });
        notify();
      });
      response.on('error', () => {});
      const ended = new Promise<void>((end) => {
        response.once('close', () => {
          hasEnded = true;
          notify();
          end();
        });
      });
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        rawHeaders: response.rawHeaders,
        startedAt,
        pieces,
        get text() {
          return text();
        },
        ended,
        get isComplete() {
          return response.complete;
        },
        async until(claim) {
          while (!hasEnded && !claim(text()))
            await new Promise<void>((go) => {
              notify = go;
            });
        },
        abort: () => void sent.destroy(),
        pause: () => void response.pause(),
        resume: () => void response.resume(),
      });
    });
    sent.end(bytes ?? undefined);
  });
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Waits until the claim holds; throws with `what` where it does not in time. */
export async function until(claim: () => boolean, what: string, milliseconds = 5_000): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!claim()) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${milliseconds} ms`);
    await pause(2);
  }
}
