import type { IncomingMessage } from 'node:http';
import { type Readable, Transform } from 'node:stream';
import { RightsizeError } from '../../errors.ts';
import type { UpstreamResponse } from '../../providers/provider.ts';
import { type Exchange, type ExchangeEnd, plainEnd } from '../exchange.ts';
import { relayUpstream } from '../relay-upstream.ts';
import type { RouteParts } from '../route-parts.ts';
import { sendUpstream } from '../send-upstream.ts';

/** Whatever has no route of its own: streamed to the upstream and back, unread. */
export async function passThrough(exchange: Exchange, parts: RouteParts): Promise<ExchangeEnd> {
  const { id, request, response, endpoint } = exchange;
  const { maxBodyBytes, provider, streams } = parts;
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge(maxBodyBytes);
  const isFree = request.method !== 'POST';
  const limits = await exchange.reserve({ model: null, inputTokens: null, maxOutputTokens: null, isFree });
  const body = limitedBody(request, maxBodyBytes);
  let upstream: UpstreamResponse;
  try {
    upstream = await sendUpstream(exchange, { provider, model: null, body });
  } catch (error) {
    throw body !== null && body.errored instanceof RightsizeError ? body.errored : error;
  }
  const { failure, status } = await relayUpstream({
    upstream,
    response,
    id,
    headers: { ...limits, 'x-rightsize-call': id, 'x-rightsize-answered-by': 'teacher' },
    dialect: endpoint.dialect,
    acceptEncoding: request.headers['accept-encoding'],
    writeTimeoutMs: streams.writeTimeoutMs,
    mustAnswer: false,
    interruption: exchange.interruption,
  });
  return {
    ...plainEnd(status, 'teacher', failure?.code ?? null),
    deployment: upstream.deployment ?? null,
    attempts: upstream.attempts ?? 1,
  };
}

/** A body that says its length is held to it by Node; one that does not is cut where it grows too large. */
function limitedBody(request: IncomingMessage, maxBodyBytes: number): Readable | null {
  if (!hasBody(request)) return null;
  if (request.headers['content-length'] !== undefined) return request;
  let bytes = 0;
  const counter = new Transform({
    transform(piece: Buffer, _encoding, pass) {
      bytes += piece.length;
      if (bytes > maxBodyBytes) pass(tooLarge(maxBodyBytes));
      else pass(null, piece);
    },
  });
  // Not `pipeline`: it would destroy the request, and its connection with it, before the refusal is told.
  request.once('error', (error) => counter.destroy(error));
  // The caller may hang up before anybody reads, or after; an error that nobody listens to ends the process.
  counter.on('error', () => {});
  return request.pipe(counter);
}

function tooLarge(maxBodyBytes: number): RightsizeError {
  return new RightsizeError('body_too_large', `The body is larger than \`maxBodyBytes\`, ${maxBodyBytes}.`);
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined;
}
