import type { IncomingMessage, ServerResponse } from 'node:http';

const dayS = 86_400;

/**
 * Lets the web pages in that the settings name. Answers the question that a browser asks before a call (OPTIONS) itself,
 * whoever asks, since no key comes with it; true where that was all.
 */
export function answerCors(request: IncomingMessage, response: ServerResponse, origins: readonly string[]): boolean {
  const { origin } = request.headers;
  const isLetIn = origin !== undefined && (origins.includes(origin) || origins.includes('*'));
  if (isLetIn) {
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-expose-headers', '*');
    response.appendHeader('vary', 'origin');
  }
  if (request.method !== 'OPTIONS') return false;
  const asked = request.headers['access-control-request-headers'];
  const permits = {
    'access-control-allow-methods': 'GET, POST, DELETE',
    'access-control-max-age': String(dayS),
    ...(asked === undefined ? {} : { 'access-control-allow-headers': asked }),
  };
  request.resume();
  response.writeHead(204, { allow: 'GET, HEAD, POST, DELETE, OPTIONS', ...(isLetIn ? permits : {}) }).end();
  return true;
}
