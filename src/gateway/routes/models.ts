import { RightsizeError } from '../../errors.ts';
import { toMessagesModels } from '../../providers/anthropic/to-messages-models.ts';
import { toMessageError } from '../../providers/anthropic/translate-errors.ts';
import type { UpstreamResponse } from '../../providers/provider.ts';
import { isJsonObject, type Json, type JsonObject } from '../../records/call.ts';
import { type Exchange, type ExchangeEnd, plainEnd } from '../exchange.ts';
import type { RouteParts } from '../route-parts.ts';
import { idHeaders } from '../send-error.ts';
import { sendUpstream } from '../send-upstream.ts';
import { encodingOf, unpack } from '../unpack.ts';
import { passThrough } from './pass-through.ts';

/**
 * `GET /v1/models` and `/v1/models/{id}`: the upstream's own, less what the caller may not use, and as a list of Anthropic's
 * where an Anthropic client asks.
 */
export async function listModels(exchange: Exchange, parts: RouteParts): Promise<ExchangeEnd> {
  const { models } = exchange.caller;
  const isAnthropic = exchange.request.headers['anthropic-version'] !== undefined;
  const asked = /^\/models\/(.+?)\/?(?:\?|$)/.exec(exchange.path)?.[1];
  const model = asked === undefined ? null : decoded(asked);
  if (model !== null && models !== null && !models.includes(model))
    throw new RightsizeError('model_not_found', `There is no model \`${model}\` for this key.`);
  if (!isAnthropic && (models === null || model !== null)) return passThrough(exchange, parts);
  return sendOwn(exchange, parts, (answer) => {
    const allowed = models === null || model !== null ? answer : only(answer, models);
    return isAnthropic ? toMessagesModels(allowed) : allowed;
  });
}

async function sendOwn(
  exchange: Exchange,
  { provider }: RouteParts,
  change: (answer: JsonObject) => JsonObject,
): Promise<ExchangeEnd> {
  const { id, response, endpoint } = exchange;
  const limits = await exchange.reserve({ model: null, inputTokens: null, maxOutputTokens: null, isFree: true });
  const headers = { ...exchange.headers, 'accept-encoding': 'identity' };
  const upstream = await sendUpstream({ ...exchange, headers }, { provider, model: null, body: null });
  const answer = await readAnswer(upstream);
  const told = upstream.status === 200 ? change(answer) : errorFor(exchange, answer, upstream.status);
  const body = Buffer.from(JSON.stringify(told));
  const known = { 'content-type': 'application/json', 'content-length': body.length };
  const ids = { ...idHeaders(id, endpoint.dialect), 'x-rightsize-call': id };
  response.writeHead(upstream.status, { ...known, ...limits, ...ids }).end(body);
  return plainEnd(upstream.status, 'teacher');
}

function errorFor({ endpoint }: Exchange, answer: JsonObject, status: number): JsonObject {
  return endpoint.dialect === 'anthropic' ? toMessageError(answer, status) : answer;
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
