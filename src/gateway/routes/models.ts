import { RightsizeError } from '../../errors.ts';
import type { UpstreamResponse } from '../../providers/provider.ts';
import { isJsonObject, type Json, type JsonObject } from '../../records/call.ts';
import { type Exchange, type ExchangeEnd, plainEnd } from '../exchange.ts';
import type { RouteParts } from '../route-parts.ts';
import { sendUpstream } from '../send-upstream.ts';
import { encodingOf, unpack } from '../unpack.ts';
import { passThrough } from './pass-through.ts';

/** `GET /v1/models` and `/v1/models/{id}`: the upstream's own, less what the caller may not use. */
export async function listModels(exchange: Exchange, parts: RouteParts): Promise<ExchangeEnd> {
  const { caller, path } = { caller: exchange.caller, path: exchange.path.split('?')[0] ?? '' };
  const { models } = caller;
  if (models === null) return passThrough(exchange, parts);
  const asked = /^\/models\/(.+?)\/?$/.exec(path)?.[1];
  if (asked === undefined) return sendList(exchange, parts, models);
  const id = decoded(asked);
  if (!models.includes(id)) throw new RightsizeError('model_not_found', `There is no model \`${id}\` for this key.`);
  return passThrough(exchange, parts);
}

async function sendList(exchange: Exchange, parts: RouteParts, models: readonly string[]): Promise<ExchangeEnd> {
  const { id, response } = exchange;
  const limits = await exchange.reserve({ model: null, inputTokens: null, maxOutputTokens: null, isFree: true });
  const headers = { ...exchange.headers, 'accept-encoding': 'identity' };
  const upstream = await sendUpstream({ ...exchange, headers }, { provider: parts.provider, model: null, body: null });
  const answer = await readAnswer(upstream);
  const isList = upstream.status === 200 && isJsonObject(answer) && Array.isArray(answer.data);
  const body = Buffer.from(JSON.stringify(isList ? only(answer, models) : answer));
  response
    .writeHead(upstream.status, {
      'content-type': 'application/json',
      'content-length': body.length,
      'x-request-id': id,
      ...limits,
      'x-rightsize-call': id,
    })
    .end(body);
  return plainEnd(upstream.status, 'teacher');
}

function only(list: JsonObject, models: readonly string[]): JsonObject {
  const data: readonly Json[] = Array.isArray(list.data) ? list.data : [];
  return { ...list, data: data.filter((model) => isJsonObject(model) && models.includes(String(model.id))) };
}

async function readAnswer(upstream: UpstreamResponse): Promise<Json> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of upstream.body) pieces.push(piece as Buffer);
  } catch (error) {
    throw upstream.failure(error);
  }
  const bytes = unpack(Buffer.concat(pieces), encodingOf(upstream.headers));
  try {
    return JSON.parse(bytes.toString('utf8')) as Json;
  } catch (cause) {
    throw new RightsizeError('upstream_failed', 'The upstream answered with no list of models.', { cause });
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
