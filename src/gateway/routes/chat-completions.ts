import type { ServerResponse } from 'node:http';
import type { Ask } from '../../access/gatekeeper.ts';
import { costOfResponse, readUsage } from '../../economics/cost-of-call.ts';
import type { InputVector } from '../../encoder/input-vector.ts';
import type { RightsizeError } from '../../errors.ts';
import { completionEvents } from '../../providers/completion-chunks.ts';
import type { Provider, UpstreamResponse } from '../../providers/provider.ts';
import { type ChatRequest, isJsonObject, type JsonObject } from '../../records/call.ts';
import type { RouteReason } from '../../records/route.ts';
import type { CallPrivacy, PrivateCall } from '../call-privacy.ts';
import { ResponseTee, unreadable } from '../captured-response.ts';
import { describeCall } from '../describe-call.ts';
import type { Decision, Engine } from '../engine.ts';
import { type Exchange, type ExchangeEnd, plainEnd } from '../exchange.ts';
import type { Outcome } from '../outcome.ts';
import { readBody } from '../read-body.ts';
import { readChatRequest } from '../read-chat-request.ts';
import { relayUpstream } from '../relay-upstream.ts';
import { routeHeaders } from '../route-headers.ts';
import { errorBody, sendError } from '../send-error.ts';
import { sendUpstream } from '../send-upstream.ts';
import { studentCompletion } from '../student-completion.ts';

export interface ChatParts {
  readonly engine: Engine;
  readonly provider: Provider | null;
  readonly maxBodyBytes: number;
  readonly now: () => number;
  /** Called once a call, behind the answer. Must not throw. */
  readonly onOutcome: (outcome: Outcome) => void;
  readonly privacy: CallPrivacy;
}

/** `POST /v1/chat/completions`: decide, then a student's answer or the upstream's, then whoever wants to learn from it. */
export async function answerChat(exchange: Exchange, parts: ChatParts): Promise<ExchangeEnd> {
  const { request, response, caller, startedAt } = exchange;
  const body = await readBody(request, parts.maxBodyBytes);
  const chat = readChatRequest(body);
  const asked = parts.privacy.prepare(
    describeCall({ headers: request.headers, tenant: caller.tenant, request: chat, at: parts.now() }),
  );
  const limits = await exchange.reserve(askOf(chat, body.length));
  const { call } = asked;
  const preparing = parts.engine.prepare?.(call) ?? null;
  const input = preparing === null ? null : await preparing;
  const { decision, completion } = decide(parts, asked, input);
  const end = completion
    ? sendCompletion({ response, completion, decision, chat, limits })
    : await askUpstream({ exchange, body, model: chat.model, provider: parts.provider, decision, limits });
  parts.onOutcome({
    asked,
    decision,
    latencyMs: Math.round(performance.now() - startedAt),
    status: end.status,
    response: end.response,
  });
  return toEnd(chat, decision, end);
}

function toEnd(chat: ChatRequest, { route, taskName }: Decision, end: Answered): ExchangeEnd {
  const isStudent = route.answeredBy === 'student';
  return {
    ...plainEnd(end.status, route.answeredBy, end.error),
    model: chat.model,
    task: taskName,
    usage: readUsage(end.response),
    cost: isStudent ? 0 : costOfResponse(end.response, chat.model),
    deployment: end.deployment,
    attempts: end.attempts,
  };
}

/** A byte a quarter of a token: limits reserve by it, and settle by what the upstream says. */
const bytesPerToken = 4;

function askOf(chat: ChatRequest, bytes: number): Ask {
  const most = chat.max_completion_tokens ?? chat.max_tokens;
  return {
    model: chat.model,
    inputTokens: Math.ceil(bytes / bytesPerToken),
    maxOutputTokens: typeof most === 'number' ? most : null,
  };
}

interface Answered {
  readonly status: number;
  readonly response: JsonObject;
  readonly error: string | null;
  readonly deployment: string | null;
  readonly attempts: number;
}

/** Until the first byte everything that fails on the way to a student's answer leads to the teacher. */
function decide(
  { engine, privacy }: ChatParts,
  asked: PrivateCall,
  input: InputVector | null,
): { readonly decision: Decision; readonly completion: JsonObject | null } {
  const { call } = asked;
  let decision: Decision;
  try {
    decision = engine.decide(call, input);
  } catch {
    return { decision: failedDecision(call.id), completion: null };
  }
  if (decision.route.answeredBy !== 'student') return { decision, completion: null };
  try {
    const answer = privacy.answerOf(asked, decision);
    if (answer !== null) return { decision, completion: studentCompletion({ ...decision, answer }, call) };
    const reason = decision.answer === null ? 'student-failed' : 'content-withheld';
    return { decision: withheld(decision, reason), completion: null };
  } catch {
    return { decision: withheld(decision, 'student-failed'), completion: null };
  }
}

/** The teacher answers in the student's place. */
function withheld(decision: Decision, reason: RouteReason): Decision {
  return { ...decision, route: { ...decision.route, answeredBy: 'teacher', reason }, answer: null };
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

interface LocalAnswer {
  readonly response: ServerResponse;
  readonly completion: JsonObject;
  readonly decision: Decision;
  readonly chat: ChatRequest;
  readonly limits: Readonly<Record<string, string>>;
}

function sendCompletion({ response, completion, decision, chat, limits }: LocalAnswer): Answered {
  const headers = { ...limits, ...routeHeaders(decision), 'x-request-id': decision.route.callId };
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
  return { status: 200, response: completion, error: null, deployment: null, attempts: 0 };
}

interface TeacherQuestion {
  readonly exchange: Exchange;
  readonly body: Buffer;
  readonly model: string;
  readonly provider: Provider | null;
  readonly decision: Decision;
  readonly limits: Readonly<Record<string, string>>;
}

async function askUpstream({ exchange, decision, limits, ...question }: TeacherQuestion): Promise<Answered> {
  const { response } = exchange;
  const headers = { ...limits, ...routeHeaders(decision) };
  let upstream: UpstreamResponse;
  try {
    upstream = await sendUpstream(exchange, question);
  } catch (error) {
    return failed(sendError(response, error, { headers }), null);
  }
  const tee = new ResponseTee();
  const failure = await relayUpstream({ upstream, response, headers, tee, interruption: exchange.interruption });
  if (failure !== null) return failed(failure, upstream, upstream.status >= 400 ? upstream.status : failure.status);
  return {
    status: upstream.status,
    response: tee.response(upstream.headers),
    error: null,
    deployment: upstream.deployment ?? null,
    attempts: upstream.attempts ?? 1,
  };
}

function failed(error: RightsizeError, upstream: UpstreamResponse | null, status = error.status): Answered {
  const body = errorBody(error);
  return {
    status,
    response: isJsonObject(body) ? body : unreadable(error.code, error.message),
    error: error.code,
    deployment: upstream?.deployment ?? null,
    attempts: upstream?.attempts ?? 1,
  };
}
