import type { ServerResponse } from 'node:http';
import { RightsizeError } from '../errors.ts';
import type { UpstreamResponse } from '../providers/provider.ts';
import type { ResponseTee } from './captured-response.ts';
import type { Interruption } from './exchange.ts';
import { deploymentHeaders } from './route-headers.ts';
import { errorBody, sendError } from './send-error.ts';

export interface Relay {
  readonly upstream: UpstreamResponse;
  readonly response: ServerResponse;
  /** Set beside the upstream's own headers. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tee?: ResponseTee | undefined;
  readonly interruption?: Interruption;
}

/** Null when the whole answer went by; otherwise why it did not. */
export type RelayEnd = RightsizeError | null;

/**
 * Streams an answer through, byte for byte and no faster than the caller takes it. The status line waits for the first
 * byte, so that an upstream that fails before it still gets a real status.
 */
export function relayUpstream(relay: Relay): Promise<RelayEnd> {
  return isForeignError(relay.upstream) ? replaceForeignError(relay) : stream(relay);
}

function stream({ upstream, response, headers, tee, interruption }: Relay): Promise<RelayEnd> {
  const { body } = upstream;
  return new Promise((resolve) => {
    let lastPiece: Buffer = Buffer.alloc(0);
    const start = () => {
      if (!response.headersSent) response.writeHead(upstream.status, { ...answerHeaders(upstream), ...headers });
    };
    body.on('data', (piece: Buffer) => {
      start();
      tee?.push(piece);
      lastPiece = piece;
      if (!response.write(piece)) body.pause();
    });
    response.on('drain', () => body.resume());
    body.once('end', () => {
      start();
      response.end();
      resolve(null);
    });
    body.once('error', (cause) => {
      if (response.destroyed) return resolve(cancelled());
      const failure = interruption?.reason ?? upstream.failure(cause);
      if (response.headersSent) breakOff(response, upstream, failure, lastPiece);
      else sendError(response, failure, { headers });
      resolve(failure);
    });
    response.once('close', () => {
      if (response.writableFinished) return;
      body.destroy();
      resolve(cancelled());
    });
  });
}

export function cancelled(): RightsizeError {
  return new RightsizeError('request_cancelled', 'The caller hung up before the answer was complete.');
}

function answerHeaders(upstream: UpstreamResponse): Record<string, string | string[]> {
  const headers = { ...upstream.headers, ...deploymentHeaders(upstream) } as Record<string, string | string[]>;
  if (!isEventStream(upstream)) return headers;
  return { 'cache-control': 'no-cache', 'x-accel-buffering': 'no', ...headers };
}

/** A stream ends in one error event, apart from whatever half an event came before; anything else is cut, which no client takes for whole. */
function breakOff(
  response: ServerResponse,
  upstream: UpstreamResponse,
  failure: RightsizeError,
  lastPiece: Buffer,
): void {
  if (!isEventStream(upstream) || upstream.headers['content-encoding'] !== undefined) {
    response.destroy();
    return;
  }
  const isBetweenEvents = /(\n\n|\r\n\r\n|\r\r)$/.test(lastPiece.subarray(-4).toString('latin1'));
  response.end(`${isBetweenEvents ? '' : '\n\n'}data: ${JSON.stringify(errorBody(failure))}\n\n`);
}

function isEventStream({ headers }: UpstreamResponse): boolean {
  return String(headers['content-type'] ?? '').startsWith('text/event-stream');
}

/** An error page of something between here and the API: no client of OpenAI's could read it. */
function isForeignError({ status, headers }: UpstreamResponse): boolean {
  return status >= 400 && !/json|event-stream/i.test(String(headers['content-type'] ?? ''));
}

async function replaceForeignError({ upstream, response, headers }: Relay): Promise<RelayEnd> {
  upstream.body.on('error', () => {}).resume();
  const error = new RightsizeError('upstream_failed', `The upstream answered ${upstream.status} without saying why.`);
  const kept = Object.entries(upstream.headers).filter(
    ([name]) => name.startsWith('retry-after') || name.startsWith('x-'),
  ) as [string, string][];
  return sendError(response, error, {
    status: upstream.status,
    headers: { ...Object.fromEntries(kept), ...deploymentHeaders(upstream), ...headers },
  });
}
