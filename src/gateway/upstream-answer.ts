import { pipeline, type Readable } from 'node:stream';
import type { UpstreamResponse } from '../providers/provider.ts';
import { deploymentHeaders } from './route-headers.ts';
import { accepts, encodingOf, unpackStream } from './unpack.ts';

export function isEventStream({ headers }: Pick<UpstreamResponse, 'headers'>): boolean {
  return String(headers['content-type'] ?? '').startsWith('text/event-stream');
}

/** Good news, event by event, and not packed. */
export function isReadableStream(upstream: UpstreamResponse): boolean {
  return isEventStream(upstream) && upstream.status < 300 && encodingOf(upstream.headers) === 'identity';
}

/** Some servers make statuses up. */
export function withPossibleStatus(upstream: UpstreamResponse): UpstreamResponse {
  const { status } = upstream;
  return status >= 200 && status <= 599 ? upstream : { ...upstream, status: 502 };
}

/** Unpacked unless the reader accepts it as it is, or this runtime knows no such packing. */
export function unpacked(
  upstream: UpstreamResponse,
  acceptEncoding: string | readonly string[] | undefined,
): UpstreamResponse {
  const encoding = encodingOf(upstream.headers);
  if (accepts(acceptEncoding, encoding)) return upstream;
  const unpacker = unpackStream(encoding);
  if (unpacker === null) return upstream;
  const { 'content-encoding': _, 'content-length': __, ...headers } = upstream.headers;
  return { ...upstream, headers, body: pipeline(upstream.body, unpacker, () => {}) as unknown as Readable };
}

/** The head of an answer that goes through. `bytes`: its length, where it is known. */
export function answerHeaders(upstream: UpstreamResponse, bytes: number | null): Record<string, string | string[]> {
  const headers = { ...upstream.headers, ...deploymentHeaders(upstream) } as Record<string, string | string[]>;
  // What went through as an error is JSON, whatever its upstream calls it.
  if (upstream.status >= 400) headers['content-type'] = 'application/json';
  else if (isEventStream(upstream)) {
    delete headers['content-length'];
    return { 'cache-control': 'no-cache', 'x-accel-buffering': 'no', ...headers };
  }
  if (bytes !== null && upstream.status >= 200 && upstream.status !== 204) headers['content-length'] = String(bytes);
  return headers;
}

/** What is worth keeping of the headers of an error that is written anew. */
export function keptOfError({ headers }: UpstreamResponse): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => name.startsWith('retry-after') || name.startsWith('x-'));
  return Object.fromEntries(kept) as Record<string, string>;
}
