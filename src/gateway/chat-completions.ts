import type { IncomingMessage, ServerResponse } from 'node:http';
import type { InputVector } from '../encoder/input-vector.ts';
import { RightsizeError } from '../errors.ts';
import { completionEvents } from '../providers/completion-chunks.ts';
import type { Headers, Provider, UpstreamResponse } from '../providers/provider.ts';
import { type ChatRequest, isJsonObject, type JsonObject } from '../records/call.ts';
import { ResponseTee, unreadable } from './captured-response.ts';
import { describeCall } from './describe-call.ts';
import type { Decision, Engine, IncomingCall } from './engine.ts';
import { readBody } from './read-body.ts';
import { readChatRequest } from './read-chat-request.ts';
import { cancelled, relayUpstream } from './relay-upstream.ts';
import { routeHeaders } from './route-headers.ts';
import { errorBody, sendError } from './send-error.ts';
import { studentCompletion } from './student-completion.ts';

/** One request and the connection it came on. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What stands behind `/v1`. */
  readonly path: string;
  /** The caller's headers, less what is meant for this program alone. */
  readonly headers: Headers;
}

/** What came of a call, told when its answer is on its way. */
export interface Outcome {
  readonly call: IncomingCall;
  readonly decision: Decision;
  readonly status: number;
  readonly response: JsonObject;
  readonly latencyMs: number;
}

export interface ChatParts {
  readonly engine: Engine;
  readonly provider: Provider | null;
  readonly maxBodyBytes: number;
  readonly now: () => number;
  /** Called once a call, behind the answer. Must not throw. */
  readonly onOutcome: (outcome: Outcome) => void;
  /** Whether students may answer this tenant's calls at all. */
  readonly mayAnswer: (tenant: string) => boolean;
}

/** `POST /v1/chat/completions`: decide, then a student's answer or the upstream's, then whoever wants to learn from it. */
export async function answerChat(exchange: Exchange, parts: ChatParts): Promise<void> {
  const startedAt = performance.now();
  const { request, response, headers } = exchange;
  const body = await readBody(request, parts.maxBodyBytes);
  const chat = readChatRequest(body);
  const described = describeCall({ headers: request.headers, request: chat, at: parts.now() });
  const call = parts.mayAnswer(described.tenant) ? described : { ...described, forceTeacher: true };
  const preparing = parts.engine.prepare?.(call) ?? null;
  const input = preparing === null ? null : await preparing;
  const { decision, completion } = decide(parts.engine, call, input);
  const end = completion
    ? sendCompletion(response, completion, decision, chat)
    : await askUpstream({ exchange: { ...exchange, headers }, body, provider: parts.provider, decision });
  parts.onOutcome({ call, decision, latencyMs: Math.round(performance.now() - startedAt), ...end });
}

interface Answered {
  readonly status: number;
  readonly response: JsonObject;
}

/** Until the first byte everything that fails on the way to a student's answer leads to the teacher. */
function decide(
  engine: Engine,
  call: IncomingCall,
  input: InputVector | null,
): { readonly decision: Decision; readonly completion: JsonObject | null } {
  let decision: Decision;
  try {
    decision = engine.decide(call, input);
  } catch {
    return { decision: failedDecision(call.id), completion: null };
  }
  if (decision.route.answeredBy !== 'student') return { decision, completion: null };
  try {
    return { decision, completion: studentCompletion(decision, call) };
  } catch {
    const route = { ...decision.route, answeredBy: 'teacher', reason: 'student-failed' } as const;
    return { decision: { ...decision, route, answer: null }, completion: null };
  }
}

function failedDecision(callId: string): Decision {
  const nobody = { task: null, version: null, student: null, studentLabel: null, score: null, certificate: null };
  return {
    route: { callId, answeredBy: 'teacher', reason: 'student-failed', ...nobody },
    match: null,
    taskName: null,
    answer: null,
    usage: null,
    responseModel: null,
  };
}

function sendCompletion(
  response: ServerResponse,
  completion: JsonObject,
  decision: Decision,
  chat: ChatRequest,
): Answered {
  const headers = { ...routeHeaders(decision), 'x-request-id': decision.route.callId };
  if (chat.stream === true) {
    const options = isJsonObject(chat.stream_options) ? chat.stream_options : {};
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      ...headers,
    });
    response.end(completionEvents(completion, options.include_usage === true).join(''));
  } else {
    const body = Buffer.from(JSON.stringify(completion));
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-length': body.length, ...headers })
      .end(body);
  }
  return { status: 200, response: completion };
}

interface UpstreamQuestion {
  readonly exchange: Exchange;
  readonly body: Buffer;
  readonly provider: Provider | null;
  readonly decision: Decision;
}

async function askUpstream({ exchange, body, provider, decision }: UpstreamQuestion): Promise<Answered> {
  const { request, response } = exchange;
  const headers = routeHeaders(decision);
  let upstream: UpstreamResponse;
  try {
    upstream = await sendUpstream(exchange, provider, request.method ?? 'POST', body);
  } catch (error) {
    return failed(sendError(response, error, { headers }));
  }
  const tee = new ResponseTee();
  const failure = await relayUpstream({ upstream, response, headers, tee });
  if (failure !== null) return failed(failure, upstream.status >= 400 ? upstream.status : failure.status);
  return { status: upstream.status, response: tee.response(upstream.headers) };
}

/** Sends on to the upstream; a caller who hangs up takes the upstream's connection along. */
export function sendUpstream(
  { response, path, headers }: Exchange,
  provider: Provider | null,
  method: string,
  body: Buffer | IncomingMessage | null,
): Promise<UpstreamResponse> {
  if (provider === null)
    throw new RightsizeError('upstream_not_configured', 'No upstream is configured: `upstream.baseUrl` is null.');
  const caller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) caller.abort(cancelled());
  });
  return provider.send({ method, path, headers, body, signal: caller.signal });
}

function failed(error: RightsizeError, status = error.status): Answered {
  const body = errorBody(error);
  return { status, response: isJsonObject(body) ? body : unreadable(error.code, error.message) };
}
