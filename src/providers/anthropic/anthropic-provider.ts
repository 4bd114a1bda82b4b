import { isJsonObject, type JsonObject } from '../../records/call.ts';
import {
  createOpenAiCompatibleProvider,
  type OpenAiCompatibleOptions,
} from '../openai-compatible/openai-compatible-provider.ts';
import type { Headers, Provider, UpstreamRequest, UpstreamResponse } from '../provider.ts';
import { readAsked } from './read-asked.ts';
import { ToChunks } from './to-chunks.ts';
import { toCompletion } from './to-completion.ts';
import { toMessagesRequest } from './to-messages-request.ts';
import { toCompletionError } from './translate-errors.ts';
import { readWhole, translatedStream, wholeAnswer } from './translated-answer.ts';
import { translatedBody } from './untranslatable.ts';

/** Of Anthropic's API, where the caller names none. */
const version = '2023-06-01';

/**
 * Anthropic's API. Chat completions are translated both ways; `/messages` and what lies below goes through untouched;
 * everything else is refused with `unsupported_endpoint`.
 */
export function createAnthropicProvider(options: OpenAiCompatibleOptions): Provider {
  const transport = createOpenAiCompatibleProvider({ ...options, differences: { key: 'x-api-key' } });
  return {
    name: transport.name,
    close: () => transport.close(),
    async send(request) {
      const headers = withOwnHeaders(request.headers);
      const [path = ''] = request.path.split('?');
      if (/^\/messages(\/|$)/.test(path)) return transport.send({ ...request, headers });
      if (request.method === 'POST' && path === '/chat/completions')
        return sendChat(transport, { ...request, headers });
      if (request.method === 'GET' && /^\/models(\/|$)/.test(path))
        return sendModels(transport, { ...request, headers });
      request.signal.throwIfAborted();
      return refusal(
        404,
        'unsupported_endpoint',
        `Anthropic has no endpoint ${path}; send the call to another upstream.`,
      );
    },
  };
}

/** A key that came as OpenAI's clients send it goes on as Anthropic's; tokens of its own stay. */
function withOwnHeaders({ 'openai-organization': _, 'openai-project': __, ...headers }: Headers): Headers {
  const bearer = /^Bearer +(sk-ant-api\S+)$/i.exec(String(headers.authorization ?? ''))?.[1];
  const { authorization: ___, ...others } = headers;
  const named = bearer === undefined ? headers : { ...others, 'x-api-key': bearer };
  return { 'anthropic-version': version, ...named };
}

async function sendChat(transport: Provider, request: UpstreamRequest): Promise<UpstreamResponse> {
  const asked = await readAsked(request.body);
  const body = translatedBody(() => toMessagesRequest(asked));
  if (!Buffer.isBuffer(body)) return refusal(400, body.code, `${body.message} ${body.remedy}`, body.param);
  const { meteredBody, ...others } = request;
  const headers = { ...request.headers, 'content-type': 'application/json', 'accept-encoding': 'identity' };
  const upstream = await transport.send({ ...others, path: '/messages', headers, body });
  const named = withRequestId(upstream);
  if (upstream.status < 300 && isEvents(upstream)) {
    const isMetered = meteredBody !== undefined;
    const options = isJsonObject(asked.stream_options) ? asked.stream_options : {};
    const includeUsage = options.include_usage === true || isMetered;
    return { ...translatedStream(named, new ToChunks({ created: now(), includeUsage })), isMetered };
  }
  const answer = parsed(await readWhole(upstream));
  return wholeAnswer(
    named,
    upstream.status < 300 && isJsonObject(answer) && answer.type === 'message'
      ? toCompletion(answer, now())
      : toCompletionError(answer),
  );
}

async function sendModels(transport: Provider, request: UpstreamRequest): Promise<UpstreamResponse> {
  const headers = { ...request.headers, 'accept-encoding': 'identity' };
  const upstream = await transport.send({ ...request, headers });
  const answer = parsed(await readWhole(upstream));
  if (upstream.status >= 300 || !isJsonObject(answer)) return wholeAnswer(upstream, toCompletionError(answer));
  const list = Array.isArray(answer.data)
    ? { object: 'list', data: answer.data.filter(isJsonObject).map(toModel) }
    : toModel(answer);
  return wholeAnswer(upstream, list);
}

function toModel({ id, created_at: at, display_name: name }: JsonObject): JsonObject {
  const created = Math.floor(Date.parse(String(at)) / 1_000);
  return {
    id: String(id),
    object: 'model',
    created: Number.isFinite(created) ? created : 0,
    owned_by: 'anthropic',
    ...(typeof name === 'string' ? { display_name: name } : {}),
  };
}

/** OpenAI's clients look for it under another name. */
function withRequestId(upstream: UpstreamResponse): UpstreamResponse {
  const id = upstream.headers['request-id'];
  return id === undefined ? upstream : { ...upstream, headers: { 'x-request-id': id, ...upstream.headers } };
}

function refusal(status: number, code: string, message: string, param: string | null = null): UpstreamResponse {
  return wholeAnswer({ status, headers: {} }, { error: { message, type: 'invalid_request_error', param, code } });
}

function isEvents({ headers }: UpstreamResponse): boolean {
  return String(headers['content-type'] ?? '').startsWith('text/event-stream');
}

function now(): number {
  return Math.floor(Date.now() / 1_000);
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}
