import type { IncomingMessage, ServerResponse } from 'node:http';
import { RightsizeError } from '../errors.ts';
import type { Provider } from '../providers/provider.ts';
import { type Call, isJsonObject } from '../records/call.ts';
import type { Route } from '../records/route.ts';
import type { TaskMatch } from '../records/task.ts';
import { readSecret, type Settings } from '../settings.ts';
import { carriesKey } from './bearer-key.ts';
import { answerChat, type ChatParts, type Exchange, type Outcome, sendUpstream } from './chat-completions.ts';
import type { Engine } from './engine.ts';
import { relayUpstream } from './relay-upstream.ts';
import { sendError } from './send-error.ts';

/** A call as it is handed to whoever keeps it. */
export interface CapturedCall {
  readonly call: Call;
  readonly route: Route;
  readonly match: TaskMatch | null;
}

export interface GatewayOptions {
  readonly engine: Engine;
  /** Null: only students answer. */
  readonly provider: Provider | null;
  readonly settings: Settings;
  /** Told of every call behind its answer. What it throws is counted and goes no further. */
  readonly onCall?: (captured: CapturedCall) => void;
  /** Milliseconds since 1970, UTC. */
  readonly now?: () => number;
  /** Told of what goes wrong; contents are never logged. */
  readonly log?: GatewayLog;
}

/** The part of a logger that is used; pino's fits. */
export interface GatewayLog {
  warn(details: object, message: string): void;
}

/** What went through since the start. */
export interface GatewayCounts {
  readonly calls: number;
  readonly answeredByStudent: number;
  /** Calls that failed on the way to the upstream or back. */
  readonly failed: number;
  /** Calls that could not be learned from or kept. */
  readonly captureFailures: number;
}

export interface Gateway {
  /** Answers `/v1/*`; mount it in any Node server. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  readonly counts: GatewayCounts;
  /** Requests being answered now. */
  readonly active: number;
  /** Takes no new requests; resolves when the running ones are answered. */
  drain(): Promise<void>;
}

/** The request path, ready to be mounted: `createServer(gateway.handle)`. */
export function createGateway(options: GatewayOptions): Gateway {
  return new RunningGateway(options);
}

class RunningGateway implements Gateway {
  readonly #options: GatewayOptions;
  readonly #callerKey: string | null;
  readonly #chat: ChatParts;
  readonly #counts = { calls: 0, answeredByStudent: 0, failed: 0, captureFailures: 0 };
  readonly #waiting: (() => void)[] = [];
  #active = 0;
  #captures = 0;
  #isDraining = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#callerKey = readSecret(options.settings.keys.callers);
    this.#chat = {
      engine: options.engine,
      provider: options.provider,
      maxBodyBytes: options.settings.maxBodyBytes,
      now: options.now ?? Date.now,
      onOutcome: (outcome) => this.#capture(outcome),
      mayAnswer: (tenant) => this.#captureOf(tenant) === 'content',
    };
  }

  get counts(): GatewayCounts {
    return { ...this.#counts };
  }

  get active(): number {
    return this.#active;
  }

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    this.#active++;
    response.once('close', () => {
      this.#active--;
      this.#settle();
    });
    response.on('error', () => response.destroy());
    this.#answer(request, response).catch((error: unknown) => refuse(request, response, error));
  };

  drain(): Promise<void> {
    this.#isDraining = true;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#settle();
    });
  }

  /** Behind the last answer its capture is still to come, one turn of the event loop later. */
  #settle(): void {
    setImmediate(() => {
      if (this.#active > 0 || this.#captures > 0) return;
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#isDraining) throw new RightsizeError('server_stopping', 'The server is being stopped.');
    if (this.#callerKey !== null && !carriesKey(request.headers.authorization, this.#callerKey))
      throw new RightsizeError(
        'invalid_api_key',
        'The key in the Authorization header is not the one of this gateway.',
      );
    const path = pathBehindV1(request.url ?? '');
    const exchange = { request, response, path, headers: this.#callerHeaders(request) };
    const isChat = request.method === 'POST' && /^\/chat\/completions(\?|$)/.test(path);
    if (isChat) await answerChat(exchange, this.#chat);
    else await this.#passThrough(exchange);
  }

  /** The gateway's own key ends here. */
  #callerHeaders({ headers }: IncomingMessage): IncomingMessage['headers'] {
    if (this.#callerKey === null) return headers;
    const { authorization: _, ...others } = headers;
    return others;
  }

  async #passThrough(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const tooLong = Number(request.headers['content-length'] ?? 0) > this.#options.settings.maxBodyBytes;
    if (tooLong) throw new RightsizeError('body_too_large', 'The body is larger than `maxBodyBytes`.');
    const upstream = await sendUpstream(
      exchange,
      this.#options.provider,
      request.method ?? 'GET',
      hasBody(request) ? request : null,
    );
    await relayUpstream({ upstream, response, headers: { 'x-rightsize-answered-by': 'teacher' } });
  }

  #captureOf(tenant: string): 'content' | 'figures' | 'nothing' {
    const { capture } = this.#options.settings;
    return (Object.hasOwn(capture.tenants, tenant) ? capture.tenants[tenant] : undefined) ?? capture.default;
  }

  /** Behind the answer, and never in its way: whatever fails here is counted. */
  #capture(outcome: Outcome): void {
    this.#counts.calls++;
    if (outcome.decision.route.answeredBy === 'student') this.#counts.answeredByStudent++;
    if (outcome.status >= 500) this.#tellFailure(outcome);
    const kept = this.#captureOf(outcome.call.tenant);
    if (kept === 'nothing') return;
    this.#captures++;
    setImmediate(() => {
      this.#captures--;
      this.#settle();
      const call = toCall(outcome);
      const { decision } = outcome;
      const { route, match } = decision;
      if (kept === 'content') this.#guard(() => this.#options.engine.observe(call, decision));
      this.#guard(() => this.#options.onCall?.({ call: kept === 'content' ? call : figuresOnly(call), route, match }));
    });
  }

  #tellFailure({ call, status, response, latencyMs }: Outcome): void {
    this.#counts.failed++;
    const code = isJsonObject(response.error) ? response.error.code : null;
    this.#options.log?.warn({ call: call.id, status, code, latencyMs }, 'a call failed on the way to the upstream');
  }

  #guard(learn: () => void): void {
    try {
      learn();
    } catch (err) {
      this.#counts.captureFailures++;
      this.#options.log?.warn({ err }, 'a call could not be learned from or kept');
    }
  }
}

/** Throws `route_not_found`. What climbs out of `/v1` is not sent on: the upstream's key would go with it. */
function pathBehindV1(url: string): string {
  const path = url.split('?')[0] ?? '';
  if (path.startsWith('/v1/') && !/\.\.|%2e|\\/i.test(path)) return url.slice('/v1'.length);
  throw new RightsizeError('route_not_found', `There is no route ${path}.`);
}

/** An error before any answer. A body that is still being sent is not read to its end; its connection is closed. */
function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const isUnread = hasBody(request) && !request.complete;
  const retry = error instanceof RightsizeError && error.code === 'server_stopping' ? { 'retry-after': '1' } : {};
  sendError(response, error, { headers: { ...retry, ...(isUnread ? { connection: 'close' } : {}) } });
  if (!isUnread) return;
  // Closing while the caller still sends would reset the connection and lose the answer.
  request.resume();
  setTimeout(() => request.destroy(), unreadBodyMs).unref();
}

function hasBody({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined;
}

const unreadBodyMs = 2_000;

function toCall({ call, status, response, latencyMs }: Outcome): Call {
  const { id, at, tenant, request, task, tags } = call;
  return { id, at, tenant, status, latencyMs, request, response, task, gold: null, tags };
}

/** What was asked and answered is left out; what it cost and how it ended stays. */
function figuresOnly(call: Call): Call {
  const { usage, model } = call.response;
  return {
    ...call,
    request: { model: call.request.model, messages: [] },
    response: { ...(model === undefined ? {} : { model }), ...(usage === undefined ? {} : { usage }) },
    tags: {},
  };
}
