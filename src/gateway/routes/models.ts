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
  const { models } = exchange.caller;
  if (models === null) return passThrough(exchange, parts);
  const asked = /^\/models\/(.+?)\/?(?:\?|$)/.exec(exchange.path)?.[1];
  if (asked === undefined) return sendList(exchange, parts, models);
  const model = decoded(asked);
  if (models.includes(model)) return passThrough(exchange, parts);
  throw new RightsizeError('model_not_found', `There is no model \`${model}\` for this key.`);
}

async function sendList(exchange: Exchange, { provider }: RouteParts, models: readonly string[]): Promise<ExchangeEnd> {
  const { id, response } = exchange;
  const limits = await exchange.reserve({ model: null, inputTokens: null, maxOutputTokens: null, isFree: true });
  const headers = { ...exchange.headers, 'accept-encoding': 'identity' };
  const upstream = await sendUpstream({ ...exchange, headers }, { provider, model: null, body: null });
  const answer = await readAnswer(upstream);
  const body = Buffer.from(JSON.stringify(upstream.status === 200 ? only(answer, models) : answer));
  const known = { 'content-type': 'application/json', 'content-length': body.length };
  response.writeHead(upstream.status, { ...known, ...limits, 'x-request-id': id, 'x-rightsize-call': id }).end(body);
  return plainEnd(upstream.status, 'teacher');
}

function only(list: JsonObject, models: readonly string[]): JsonObject {
  const data: readonly Json[] = Array.isArray(list.data) ? list.data : [];
  return { ...list, data: data.filter((model) => isJsonObject(model) && models.includes(String(model.id))) };
}

async function readAnswer(upstream: UpstreamResponse): Promise<JsonObject> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of upstream.body) pieces.push(piece as Buffer);
  } catch (error) {
    throw upstream.failure(error);
  }
  const bytes = unpack(Buffer.concat(pieces), encodingOf(upstream.headers));
  const value = parsed(bytes.toString('utf8'));
  if (isJsonObject(value)) return value;
  throw new RightsizeError('upstream_failed', 'The upstream answered with no list of models.');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
