import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { RightsizeError } from '../errors.ts';
import { sendError } from '../gateway/send-error.ts';
import type { Settings } from '../settings.ts';
import { refuseBrokenRequest } from './refuse-broken-request.ts';

/** A server that strangers cannot hold up: heads, requests, pauses and connections are bounded, and every refusal is an error object. */
export function createLimitedServer(limits: Settings['connections'], answer: RequestListener): Server {
  const { atMost, headerBytes, headersTimeoutMs, requestTimeoutMs, idleTimeoutMs } = limits;
  const server = createServer(
    {
      maxHeaderSize: headerBytes,
      headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: idleTimeoutMs,
      connectionsCheckingInterval: Math.min(5_000, Math.max(100, headersTimeoutMs / 2)),
      // Node would answer with an empty body; asked for below.
      requireHostHeader: false,
    },
    (request, response) => {
      if (lacksHost(request)) refuseHostless(response);
      else answer(request, response);
    },
  );
  server.maxConnections = atMost;
  // An expectation we do not know may be passed over (RFC 9110 §10.1.1).
  server.on('checkExpectation', answer);
  server.on('clientError', refuseBrokenRequest);
  return server;
}

/** HTTP/1.1 asks for it, HTTP/1.0 does not (RFC 9112 §3.2). */
function lacksHost({ headers, httpVersionMinor }: IncomingMessage): boolean {
  return headers.host === undefined && httpVersionMinor === 1;
}

function refuseHostless(response: ServerResponse): void {
  const error = new RightsizeError('malformed_request', 'The request has no `Host` header.');
  sendError(response, error, { headers: { connection: 'close' } });
}
