import type { UpstreamResponse } from '../providers/provider.ts';
import type { Exchange } from './exchange.ts';
import { stripUsage } from './gates/strip-usage.ts';
import type { Rewrite } from './gates/whole-gate.ts';
import { Heartbeat } from './heartbeat.ts';
import { type RelayEnd, relayUpstream } from './relay-upstream.ts';
import type { RouteParts } from './route-parts.ts';
import { idHeaders, sendError } from './send-error.ts';
import { sendUpstream } from './send-upstream.ts';

/** A request whose body was read, on its way to the upstream and back. */
export interface Passage {
  readonly model: string | null;
  /** The caller's own bytes. */
  readonly body: Buffer;
  /** The same asking for usage; null where that is not needed. */
  readonly meteredBody: Buffer | null;
  /** Whether the caller asks for a stream. */
  readonly isStream: boolean;
  /** Set on the answer beside the upstream's own headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sees the upstream's own bytes as they go by. */
  readonly tee: { push(piece: Buffer): void };
  readonly rewrite?: Rewrite | null;
}

export interface PassageEnd extends RelayEnd {
  /** Null where none answered. */
  readonly upstream: UpstreamResponse | null;
}

/** Asks the upstream and hands its answer on, or tells why there is none. Never throws. */
export async function askUpstream(exchange: Exchange, parts: RouteParts, passage: Passage): Promise<PassageEnd> {
  const { id, request, response, endpoint, interruption } = exchange;
  const { streams, provider } = parts;
  const { headers, tee, rewrite = null } = passage;
  const { dialect } = endpoint;
  const all = { ...idHeaders(id, dialect), ...headers };
  const heartbeat =
    passage.isStream && streams.heartbeatMs !== null ? new Heartbeat(response, all, streams.heartbeatMs) : null;
  let upstream: UpstreamResponse;
  try {
    upstream = await sendUpstream(exchange, { ...passage, provider });
  } catch (error) {
    heartbeat?.stop();
    const failure = sendError(response, error, { headers: all, dialect, isStream: heartbeat?.hasBegun === true });
    return { upstream: null, failure, status: failure.status, value: null };
  }
  const end = await relayUpstream({
    upstream,
    response,
    id,
    headers,
    dialect,
    acceptEncoding: request.headers['accept-encoding'],
    writeTimeoutMs: streams.writeTimeoutMs,
    mustAnswer: true,
    tee,
    edit: upstream.isMetered === true ? stripUsage : null,
    rewrite,
    heartbeat,
    interruption,
  });
  return { ...end, upstream };
}
