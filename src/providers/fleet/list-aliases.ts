import { Readable } from 'node:stream';
import { RightsizeError } from '../../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../records/call.ts';
import type { Provider, UpstreamRequest, UpstreamResponse } from '../provider.ts';
import { readSmall } from './first-byte.ts';

/** Whether a request asks which models there are: null for all of them, the name of one, or undefined for neither. */
export function askedModels({ method, path }: Pick<UpstreamRequest, 'method' | 'path'>): string | null | undefined {
  if (method !== 'GET') return undefined;
  const found = /^\/models(?:\/([^?]+?))?\/?(?:\?|$)/.exec(path);
  if (found === null) return undefined;
  return found[1] === undefined ? null : decoded(found[1]);
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

export interface AliasList {
  readonly aliases: readonly string[];
  /** Seconds since 1970, said of every alias. */
  readonly created: number;
  /** Its models are listed too; null where there is none. */
  readonly fallback: Provider | null;
}

/** Lists of some upstreams are long. */
const longestList = { bytes: 16 * 1024 * 1024, withinMs: 30_000 };

/** The aliases, and behind them what the default upstream lists. Where that refuses, its refusal. */
export async function listAliases(
  request: UpstreamRequest,
  { aliases, created, fallback }: AliasList,
): Promise<UpstreamResponse> {
  const own = aliases.map((id) => modelNamed(id, created));
  if (fallback === null) return answer({ object: 'list', data: own });
  const response = await fallback.send({ ...request, headers: { ...request.headers, 'accept-encoding': 'identity' } });
  if (response.status !== 200) return response;
  const list = parsed(await readSmall(response.body, longestList));
  if (list === null) throw new RightsizeError('upstream_failed', 'The upstream answered with no list of models.');
  const others: readonly Json[] = Array.isArray(list.data) ? list.data : [];
  const data = [...own, ...others.filter((model) => !isJsonObject(model) || !aliases.includes(String(model.id)))];
  return answer({ ...list, data });
}

/** What is said of one alias. */
export function describeAlias(id: string, created: number): UpstreamResponse {
  return answer(modelNamed(id, created));
}

function modelNamed(id: string, created: number): JsonObject {
  return { id, object: 'model', created, owned_by: 'rightsize' };
}

function answer(value: JsonObject): UpstreamResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Readable.from([Buffer.from(JSON.stringify(value))], { objectMode: false }),
    failure: (error) => new RightsizeError('internal', String(error)),
  };
}

function parsed(body: Buffer | null): JsonObject | null {
  try {
    const value: unknown = JSON.parse(body?.toString('utf8') ?? '');
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}
