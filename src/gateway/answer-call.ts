import type { Ask } from '../access/gatekeeper.ts';
import { costAtPrice, readUsage } from '../economics/cost-of-call.ts';
import type { InputVector } from '../encoder/input-vector.ts';
import type { RightsizeError } from '../errors.ts';
import type { DeploymentPrice } from '../providers/provider.ts';
import { type ChatRequest, isJsonObject, type JsonObject } from '../records/call.ts';
import type { RouteReason } from '../records/route.ts';
import type { AnswerForm } from './answer-form.ts';
import { askUpstream } from './ask-upstream.ts';
import type { PrivateCall } from './call-privacy.ts';
import { ResponseTee, unreadable } from './captured-response.ts';
import { describeCall } from './describe-call.ts';
import type { Decision } from './engine.ts';
import { type Exchange, type ExchangeEnd, plainEnd } from './exchange.ts';
import { streamHeaders } from './heartbeat.ts';
import { routeHeaders } from './route-headers.ts';
import type { RouteParts } from './route-parts.ts';
import { errorBody, idHeaders } from './send-error.ts';
import { studentCompletion } from './student-completion.ts';
import { UsageTail } from './usage-tail.ts';

/** What an application asks of a chat model, in whatever API it asks. */
export interface AskedCall {
  /** As a chat request; the very body where that is what was sent. */
  readonly chat: ChatRequest;
  /** The caller's own bytes. */
  readonly body: Buffer;
  /** The same body asking for usage; null where that is not needed. */
  readonly meteredBody: Buffer | null;
  readonly form: AnswerForm;
  /** False where `chat` does not say all that was asked. */
  readonly mayBeStudents: boolean;
}

/** Decide, then a student's answer or the upstream's, then whoever wants to learn from it. */
export async function answerCall(exchange: Exchange, parts: RouteParts, question: AskedCall): Promise<ExchangeEnd> {
  const { id, request, caller, startedAt } = exchange;
  const { chat } = question;
  const described = describeCall({
    id,
    headers: request.headers,
    tenant: caller.tenant,
    request: chat,
    at: parts.now(),
  });
  const asked = parts.privacy.prepare(question.mayBeStudents ? described : { ...described, forceTeacher: true });
  const limits = await exchange.reserve(askOf(chat, question.body.length));
  const preparing = parts.engine.prepare?.(asked.call) ?? null;
  const input = preparing === null ? null : await preparing;
  const { decision, completion } = decide(parts, asked, input);
  const end = completion
    ? sendCompletion(exchange, question, { completion, decision, limits })
    : await askTeacher(exchange, parts, question, { decision, limits, isKept: asked.keeping === 'content' });
  parts.onOutcome({
    asked,
    decision,
    latencyMs: Math.round(performance.now() - startedAt),
    status: end.status,
    response: end.response,
    isStandIn: end.isStandIn,
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
    cost: isStudent ? 0 : costAtPrice(end.price, end.response, chat.model),
    deployment: end.deployment,
    attempts: end.attempts,
  };
}

/** A byte a quarter of a token: limits reserve by it, and settle by what the upstream says. */
export const bytesPerToken = 4;

function askOf(chat: ChatRequest, bytes: number): Ask {
  const most = chat.max_completion_tokens ?? chat.max_tokens;
  return {
    model: chat.model,
    inputTokens: Math.ceil(bytes / bytesPerToken),
    maxOutputTokens: typeof most === 'number' ? most : null,
    answers: chat.n,
  };
}

interface Answered {
  readonly status: number;
  readonly response: JsonObject;
  readonly error: string | null;
  readonly deployment: string | null;
  readonly attempts: number;
  /** The deployment's own, where the settings give one. */
  readonly price: DeploymentPrice | null;
  /** Whether a fallback model answered in the place of the one asked for. */
  readonly isStandIn: boolean;
}

/** Until the first byte everything that fails on the way to a student's answer leads to the teacher. */
function decide(
  { engine, privacy }: RouteParts,
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
  readonly completion: JsonObject;
  readonly decision: Decision;
  readonly limits: Readonly<Record<string, string>>;
}

function sendCompletion(
  { id, response, endpoint }: Exchange,
  { chat, form }: AskedCall,
  { completion, decision, limits }: LocalAnswer,
): Answered {
  const headers = { ...limits, ...routeHeaders(decision), ...idHeaders(id, endpoint.dialect) };
  if (chat.stream === true) {
    const events = form.events(completion, chat);
    response.writeHead(200, { ...streamHeaders, ...headers });
    response.end(events);
  } else {
    const body = Buffer.from(JSON.stringify(form.whole(completion)));
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-length': body.length, ...headers })
      .end(body);
  }
  return {
    status: 200,
    response: completion,
    error: null,
    deployment: null,
    attempts: 0,
    price: null,
    isStandIn: false,
  };
}

interface TeacherQuestion {
  readonly decision: Decision;
  /** Whether the answer itself may be kept, and not its figures alone. */
  readonly isKept: boolean;
  readonly limits: Readonly<Record<string, string>>;
}

async function askTeacher(
  exchange: Exchange,
  parts: RouteParts,
  { chat, body, meteredBody, form }: AskedCall,
  { decision, limits, isKept }: TeacherQuestion,
): Promise<Answered> {
  // Where only figures are kept, a stream need not be put together.
  const tee = isKept || !form.tellsUsageLast ? new ResponseTee(form.readStream) : new UsageTail();
  const { upstream, failure, status, value } = await askUpstream(exchange, parts, {
    model: chat.model,
    body,
    meteredBody,
    isStream: chat.stream === true,
    headers: { ...limits, ...routeHeaders(decision) },
    tee,
  });
  const answered = () => form.read(value ?? tee.response(upstream?.headers ?? {}));
  const response = failure === null ? readOrNothing(answered) : failed(failure, value);
  return {
    status,
    response,
    error: failure?.code ?? null,
    deployment: upstream?.deployment ?? null,
    attempts: upstream?.attempts ?? 1,
    price: upstream?.price ?? null,
    isStandIn: upstream?.isStandIn ?? false,
  };
}

/** The caller has its answer already: whatever cannot be made of it here must not take it away again. */
function readOrNothing(read: () => JsonObject): JsonObject {
  try {
    return read();
  } catch {
    return unreadable('answer_unreadable', 'The answer could not be read.');
  }
}

/** What stands for the answer of a call that failed: the error that the caller was told. */
function failed(error: RightsizeError, told: JsonObject | null): JsonObject {
  const body = told ?? errorBody(error);
  return isJsonObject(body.error) ? { error: body.error } : unreadable(error.code, error.message);
}
