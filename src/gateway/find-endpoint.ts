import { RightsizeError } from '../errors.ts';

/** What an application can ask of the gateway. `other` is passed through as it is. */
export type EndpointName =
  | 'chat-completions'
  | 'completions'
  | 'embeddings'
  | 'responses'
  | 'models'
  | 'messages'
  | 'count-tokens'
  | 'other';

/** Whose way of writing errors a caller expects. `responses` differs from `openai` in the middle of a stream only. */
export type Dialect = 'openai' | 'responses' | 'anthropic';

export interface Endpoint {
  readonly name: EndpointName;
  readonly dialect: Dialect;
  /** What stands behind `/v1`, with its query. */
  readonly path: string;
}

const named = new Map<string, EndpointName>([
  ['POST /chat/completions', 'chat-completions'],
  ['POST /completions', 'completions'],
  ['POST /embeddings', 'embeddings'],
  ['POST /responses', 'responses'],
  ['GET /models', 'models'],
  ['POST /messages', 'messages'],
  ['POST /messages/count_tokens', 'count-tokens'],
]);

/** Clients whose base URL lacks the `/v1` mean these; nothing else is looked for outside of it. */
const knownWithoutVersion =
  /^\/(?:chat\/completions|completions|embeddings|responses|models|messages|messages\/count_tokens)\/?$/;

/**
 * Which endpoint a request is for. What climbs out of `/v1` is not sent on: the upstream's key would go with it.
 * Throws `route_not_found`.
 */
export function findEndpoint(method: string, url: string): Endpoint {
  const query = url.indexOf('?');
  const bare = query === -1 ? url : url.slice(0, query);
  const path = behindVersion(bare.startsWith('/anthropic/') ? bare.slice('/anthropic'.length) : bare);
  if (path === null || /\.\.|%2e|\\/i.test(path))
    throw new RightsizeError('route_not_found', `There is no route ${method} ${bare.slice(0, longestShown)}.`);
  const name = nameOf(method, path);
  return { name, dialect: dialectOf(url), path: query === -1 ? path : path + url.slice(query) };
}

const longestShown = 200;

/** Read from the URL alone, for errors that come before anything else is known. */
export function dialectOf(url: string): Dialect {
  if (/^\/(?:anthropic\/|(?:v1\/)*messages(?:[/?]|$))/.test(url)) return 'anthropic';
  return /^\/(?:v1\/)?responses\/?(?:\?|$)/.test(url) ? 'responses' : 'openai';
}

function nameOf(method: string, path: string): EndpointName {
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  if (method === 'GET' && trimmed.startsWith('/models/')) return 'models';
  return named.get(`${method} ${trimmed}`) ?? 'other';
}

/** Some clients add a `/v1` of their own to a base URL that ends in one. */
function behindVersion(bare: string): string | null {
  let path = bare;
  while (path.startsWith('/v1/')) path = path.slice('/v1'.length);
  if (path === bare) return knownWithoutVersion.test(bare) ? bare : null;
  return path === '/' ? null : path;
}
