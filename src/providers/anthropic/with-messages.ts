import { isJsonObject, type JsonObject } from '../../records/call.ts';
import type { Provider, UpstreamRequest, UpstreamResponse } from '../provider.ts';
import { readAsked } from './read-asked.ts';
import { refuseWith, toChatRequest } from './to-chat-request.ts';
import { toMessage } from './to-message.ts';
import { ToMessageEvents } from './to-message-events.ts';
import { messageErrorType, toMessageError } from './translate-errors.ts';
import { readWhole, translatedStream, wholeAnswer } from './translated-answer.ts';
import { translatedBody, Untranslatable } from './untranslatable.ts';

/**
 * A provider that speaks OpenAI's API, made to take Anthropic's `/messages` as well, translated both ways. Tokens cannot be
 * counted there: what would be an estimate is refused.
 */
export function withMessages(provider: Provider): Provider {
  return {
    name: provider.name,
    close: () => provider.close(),
    async send(request) {
      const [path = ''] = request.path.split('?');
      if (!/^\/messages(\/|$)/.test(path)) return provider.send(request);
      if (request.method === 'POST' && path === '/messages') return sendMessages(provider, request);
      request.signal.throwIfAborted();
      return refusal(
        404,
        `This upstream speaks OpenAI's API, which has no counterpart of ${path}.`,
        'unsupported_endpoint',
      );
    },
  };
}

async function sendMessages(provider: Provider, request: UpstreamRequest): Promise<UpstreamResponse> {
  const asked = await readAsked(request.body);
  const body = translatedBody(() => toChatRequest(asked, refuse));
  if (!Buffer.isBuffer(body)) return refusal(400, `${body.message} ${body.remedy}`, body.code);
  const upstream = await provider.send({ ...request, path: '/chat/completions', headers: headersOf(request), body });
  if (upstream.status < 300 && String(upstream.headers['content-type']).startsWith('text/event-stream'))
    return translatedStream(upstream, new ToMessageEvents());
  const answer = parsed(await readWhole(upstream));
  const isAnswer = upstream.status < 300 && isJsonObject(answer) && Array.isArray(answer.choices);
  return wholeAnswer(upstream, isAnswer ? toMessage(answer) : toMessageError(answer, upstream.status));
}

const refuse = refuseWith((param, why) => new Untranslatable(param, why));

/** A key that came as Anthropic's clients send it goes on as OpenAI's. */
function headersOf({
  headers: { 'x-api-key': key, 'anthropic-version': _, 'anthropic-beta': __, ...headers },
}: UpstreamRequest) {
  return {
    ...headers,
    ...(typeof key === 'string' && headers.authorization === undefined ? { authorization: `Bearer ${key}` } : {}),
    'content-type': 'application/json',
    'accept-encoding': 'identity',
  };
}

function refusal(status: number, message: string, code: string): UpstreamResponse {
  const error: JsonObject = { type: messageErrorType(status), message, code };
  return wholeAnswer({ status, headers: {} }, { type: 'error', error });
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}
