import { RightsizeError } from '../errors.ts';

/** What an application can ask of the gateway. `other` is passed through as it is. */
export type EndpointName = 'chat-completions' | 'other';

export interface Endpoint {
  readonly name: EndpointName;
  /** What stands behind `/v1`, with its query. */
  readonly path: string;
}

const named: readonly (readonly [method: string, path: RegExp, name: EndpointName])[] = [
  ['POST', /^\/chat\/completions\/?$/, 'chat-completions'],
];

/**
 * Which endpoint a request is for. What climbs out of `/v1` is not sent on: the upstream's key would go with it.
 * Throws `route_not_found`.
 */
export function findEndpoint(method: string, url: string): Endpoint {
  const [bare = ''] = url.split('?');
  if (!bare.startsWith('/v1/') || /\.\.|%2e|\\/i.test(bare))
    throw new RightsizeError('route_not_found', `There is no route ${bare}.`);
  const path = url.slice('/v1'.length);
  const behind = bare.slice('/v1'.length);
  const found = named.find(([wanted, pattern]) => wanted === method && pattern.test(behind));
  return { name: found?.[2] ?? 'other', path };
}
