import type { ServerResponse } from 'node:http';
import { RightsizeError } from '../errors.ts';
import type { UpstreamResponse } from '../providers/provider.ts';
import type { JsonObject } from '../records/call.ts';
import type { Interruption } from './exchange.ts';
import type { Dialect } from './find-endpoint.ts';
import { EventGate } from './gates/event-gate.ts';
import { type Gate, isRefusal, openGate, type Refusal } from './gates/gate.ts';
import { type Rewrite, WholeGate } from './gates/whole-gate.ts';
import type { Heartbeat } from './heartbeat.ts';
import { deploymentHeaders } from './route-headers.ts';
import { errorBody, idHeaders, sendErrorBody } from './send-error.ts';
import { encodingOf } from './unpack.ts';
import {
  answerHeaders,
  isEventStream,
  isReadableStream,
  keptOfError,
  unpacked,
  withPossibleStatus,
} from './upstream-answer.ts';

export interface Relay {
  readonly upstream: UpstreamResponse;
  readonly response: ServerResponse;
  /** Id of the request; it stands in for an upstream that gives its answers none. */
  readonly id: string;
  /** Set beside the upstream's own headers. */
  readonly headers: Readonly<Record<string, string>>;
  readonly dialect: Dialect;
  /** What the caller can unpack: its `accept-encoding`. */
  readonly acceptEncoding: string | readonly string[] | undefined;
  /** Longest wait for a caller who does not read. */
  readonly writeTimeoutMs: number;
  /** Whether a JSON document or a stream of events is due: anything else under 200 is an error then. */
  readonly mustAnswer: boolean;
  /** Sees the upstream's own bytes as they go by. */
  readonly tee?: { push(piece: Buffer): void } | undefined;
  /** Changes or drops whole events of a stream. */
  readonly edit?: ((events: Buffer) => Buffer | null) | null;
  /** Changes a whole answer. */
  readonly rewrite?: Rewrite | null;
  readonly heartbeat?: Heartbeat | null;
  readonly interruption?: Interruption;
}

export interface RelayEnd {
  /** Null when the whole answer went by; otherwise why it did not. */
  readonly failure: RightsizeError | null;
  /** What the caller was told, or would have been. */
  readonly status: number;
  /** The answer, where it was read on the way, or the error that took its place. */
  readonly value: JsonObject | null;
}

/**
 * Streams an answer through, byte for byte and no faster than the caller takes it. The status line waits for the first
 * event, or for the end of a JSON document, so that an upstream that fails before it still gets a real status.
 */
export function relayUpstream(relay: Relay): Promise<RelayEnd> {
  const { acceptEncoding, edit, rewrite, heartbeat } = relay;
  const isEdited = isEventStream(relay.upstream) ? edit != null || heartbeat != null : rewrite != null;
  const upstream = unpacked(withPossibleStatus(relay.upstream), isEdited ? undefined : acceptEncoding);
  const readable = { ...relay, upstream };
  return new RunningRelay(readable, gateFor(readable)).run();
}

function gateFor({ upstream, mustAnswer, edit = null, rewrite = null, heartbeat = null }: Relay): Gate {
  const { status, headers } = upstream;
  if (isReadableStream(upstream)) return new EventGate(edit);
  if (isEventStream(upstream) && status < 300) return openGate;
  const isDue = mustAnswer || status >= 400 || heartbeat?.hasBegun === true;
  return isDue ? new WholeGate({ status, encoding: encodingOf(headers), rewrite }) : openGate;
}

class RunningRelay {
  readonly #relay: Relay;
  readonly #gate: Gate;
  #resolve: (end: RelayEnd) => void = () => {};
  #stall: NodeJS.Timeout | null = null;
  #pending: Buffer[] = [];
  #last: Buffer | null = null;
  #isOver = false;

  constructor(relay: Relay, gate: Gate) {
    this.#relay = relay;
    this.#gate = gate;
  }

  /** Whether what goes to the caller is a stream of events, which can end in one that tells an error. */
  get #isStream(): boolean {
    return this.#relay.heartbeat?.hasBegun === true || isReadableStream(this.#relay.upstream);
  }

  run(): Promise<RelayEnd> {
    const { upstream, response, tee, interruption } = this.#relay;
    const { body } = upstream;
    body.on('data', (piece: Buffer) => {
      tee?.push(piece);
      try {
        if (!this.#isOver) this.#pass(this.#gate.take(piece));
      } catch (error) {
        this.#fail(unforeseen(error));
      }
    });
    body.once('end', () => {
      try {
        this.#end();
      } catch (error) {
        this.#fail(unforeseen(error));
      }
    });
    const onBroken = (cause: unknown) => this.#fail(interruption?.reason ?? upstream.failure(cause));
    body.on('error', onBroken);
    // Behind the end nothing happens any more; without one, whoever closed it said nothing.
    body.once('close', () => onBroken(new Error('closed')));
    response.on('drain', () => {
      if (this.#stall !== null) clearTimeout(this.#stall);
      this.#stall = null;
      body.resume();
    });
    response.once('close', () => {
      if (response.writableFinished) return;
      body.destroy();
      this.#finish({ failure: cancelled(), status: 499, value: null });
    });
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  #pass(passed: Buffer | Refusal | null): void {
    if (passed === null) return;
    if (isRefusal(passed)) this.#refuse(passed);
    else this.#write(passed);
  }

  /** What comes in one turn of the event loop goes out as one: each write of a stream costs as much as reading it. */
  #write(piece: Buffer): void {
    if (this.#pending.push(piece) === 1) process.nextTick(this.#flush);
  }

  readonly #flush = (): void => {
    if (this.#pending.length === 0 || this.#isOver) return;
    const { response, upstream, heartbeat, writeTimeoutMs } = this.#relay;
    const bytes = this.#takePending();
    this.#begin();
    this.#last = bytes;
    heartbeat?.postpone();
    if (response.write(bytes)) return;
    upstream.body.pause();
    this.#stall ??= setTimeout(() => this.#giveUp(), writeTimeoutMs);
  };

  #takePending(last: Buffer | null = null): Buffer {
    if (last !== null) this.#pending.push(last);
    const [only] = this.#pending;
    const bytes = this.#pending.length === 1 && only !== undefined ? only : Buffer.concat(this.#pending);
    this.#pending = [];
    return bytes;
  }

  #begin(bytes: number | null = null): void {
    const { response, upstream, headers, id, dialect } = this.#relay;
    if (!response.headersSent)
      response.writeHead(upstream.status, { ...idHeaders(id, dialect), ...answerHeaders(upstream, bytes), ...headers });
  }

  #end(): void {
    if (this.#isOver) return;
    const { upstream, response, heartbeat } = this.#relay;
    const rest = this.#gate.finish();
    const { value } = this.#gate;
    if (rest !== null && isRefusal(rest)) this.#refuse(rest);
    else if (heartbeat?.hasBegun === true && !isReadableStream(upstream)) this.#endInError(value);
    else {
      const bytes = this.#takePending(rest);
      this.#begin(response.headersSent || bytes.length === 0 ? null : bytes.length);
      if (bytes.length === 0) response.end();
      else response.end(bytes);
      this.#finish({ failure: null, status: upstream.status, value });
    }
  }

  /** The heartbeat has promised a stream, and what came is a whole answer: its error, or what cannot be given any more. */
  #endInError(value: JsonObject | null): void {
    const { upstream } = this.#relay;
    const error = new RightsizeError(
      'upstream_failed',
      `The upstream answered ${upstream.status} where a stream was due.`,
    );
    this.#refuse({ error, status: upstream.status >= 400 ? upstream.status : error.status, body: value });
  }

  #refuse({ error, status, body }: Refusal): void {
    this.#flush();
    const { upstream, response, headers, dialect, id } = this.#relay;
    if (!upstream.body.readableEnded) upstream.body.destroy();
    const value = body ?? errorBody(error, dialect, status);
    const sentBefore = this.#last?.toString('utf8') ?? '';
    const told = { ...keptOfError(upstream), ...deploymentHeaders(upstream), ...error.headers, ...headers };
    sendErrorBody(response, value, {
      status,
      dialect,
      isStream: this.#isStream,
      sentBefore,
      headers: { ...idHeaders(id, dialect), ...told },
    });
    this.#finish({ failure: error, status, value });
  }

  #fail(failure: RightsizeError): void {
    if (this.#isOver || this.#relay.response.destroyed) return;
    this.#refuse({ error: failure, status: failure.status, body: null });
  }

  #giveUp(): void {
    const { upstream, response, writeTimeoutMs } = this.#relay;
    const failure = new RightsizeError(
      'reader_stalled',
      `The caller took nothing of the answer for ${writeTimeoutMs} ms.`,
    );
    this.#finish({ failure, status: failure.status, value: null });
    upstream.body.destroy();
    response.destroy();
  }

  #finish(end: RelayEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#stall !== null) clearTimeout(this.#stall);
    this.#relay.heartbeat?.stop();
    this.#resolve(end);
  }
}

/** Nothing that an upstream sends may end the process: JSON nested too deeply to be written again, for instance. */
function unforeseen(cause: unknown): RightsizeError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new RightsizeError('upstream_failed', `The upstream's answer could not be handed on: ${why}.`, { cause });
}

export function cancelled(): RightsizeError {
  return new RightsizeError('request_cancelled', 'The caller hung up before the answer was complete.');
}
