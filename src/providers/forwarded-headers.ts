import type { Headers } from './provider.ts';

/** RFC 9110 §7.6.1: these speak of one connection and end with it. */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** The provider sets these itself, or they would tell the upstream where the caller came from. */
const ownRequestHeaders = ['host', 'content-length', 'expect', 'forwarded', 'x-goog-api-key'];

const droppedFromRequests = new Set([...hopByHop, ...ownRequestHeaders]);
const droppedFromResponses = new Set(hopByHop);

/** What of the caller's headers travels on: nothing of the connection, nothing meant for this program. */
export function requestHeaders(headers: Headers): Record<string, string | string[]> {
  return kept(
    headers,
    (name) => droppedFromRequests.has(name) || name.startsWith('x-rightsize-') || name.startsWith('x-forwarded-'),
  );
}

/** What of the upstream's headers travels back. Ours are set afterwards, so the upstream cannot forge them. */
export function responseHeaders(headers: Headers): Record<string, string | string[]> {
  return kept(
    headers,
    (name) => droppedFromResponses.has(name) || name.startsWith('x-rightsize-') || name.startsWith('access-control-'),
  );
}

function kept(headers: Headers, isDropped: (name: string) => boolean): Record<string, string | string[]> {
  const named = namedByConnection(headers.connection);
  const result: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || isDropped(name) || named.includes(name)) continue;
    result[name] = typeof value === 'string' ? value : [...value];
  }
  return result;
}

/** `Connection: close, x-custom` makes `x-custom` a header of the connection too. */
function namedByConnection(connection: string | readonly string[] | undefined): readonly string[] {
  if (connection === undefined) return [];
  return String(connection)
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
}
