import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Gatekeeper, Reservation } from '../access/gatekeeper.ts';
import { withoutKeys } from '../access/key-headers.ts';
import { createSingleKeyGate } from '../access/single-key-gate.ts';
import { errorCatalogue, RightsizeError } from '../errors.ts';
import type { Provider } from '../providers/provider.ts';
import { type Call, isJsonObject } from '../records/call.ts';
import type { Route } from '../records/route.ts';
import type { TaskMatch } from '../records/task.ts';
import type { Settings } from '../settings.ts';
import { answerCors } from './answer-cors.ts';
import { AnsweredBefore } from './answered-before/answered-before.ts';
import type { CacheCounts } from './answered-before/response-cache.ts';
import { newCallId } from './call-id.ts';
import { CallPrivacy, PrivacyCounts, type RedactedCount } from './call-privacy.ts';
import type { Engine } from './engine.ts';
import { type Exchange, type ExchangeEnd, type Interruption, plainEnd, type RouteHandler } from './exchange.ts';
import { dialectOf, type EndpointName, findEndpoint } from './find-endpoint.ts';
import type { Outcome } from './outcome.ts';
import type { RouteParts } from './route-parts.ts';
import { answerChat } from './routes/chat-completions.ts';
import { answerMessages } from './routes/messages.ts';
import { answerMetered } from './routes/metered.ts';
import { listModels } from './routes/models.ts';
import { hasBody, passThrough } from './routes/pass-through.ts';
import { idHeaders, sendError } from './send-error.ts';

/** A call as it is handed to whoever keeps it. */
export interface CapturedCall {
  readonly call: Call;
  readonly route: Route;
  readonly match: TaskMatch | null;
  /** Reference of the application's user; null where none is named, or only figures are kept. */
  readonly user: string | null;
}

export interface GatewayOptions {
  readonly engine: Engine;
  /** Null: only students answer. */
  readonly provider: Provider | null;
  readonly settings: Settings;
  /** Who may call, and how much; the single key of the settings where none is given. */
  readonly gatekeeper?: Gatekeeper;
  /** Told of every request when it has ended, refused ones included. What it throws is counted and goes no further. */
  readonly onEnd?: (end: RequestEnd, headers: IncomingHttpHeaders) => void;
  /**
   * Told of every call behind its answer. What it throws is counted and goes no further. False: it could not be kept;
   * then it is not learned from either.
   */
  readonly onCall?: (captured: CapturedCall) => unknown;
  /** Milliseconds since 1970, UTC. */
  readonly now?: () => number;
  /** Told of what goes wrong; contents are never logged. */
  readonly log?: GatewayLog;
}

/** One request from its first byte to its end, without its content. */
export interface RequestEnd extends ExchangeEnd {
  /** Null where there was no such route. */
  readonly endpoint: EndpointName | null;
  /** Null where the request was not admitted. */
  readonly tenant: string | null;
  readonly key: string | null;
  readonly durationMs: number;
}

export interface GatewayChange {
  readonly settings: Settings;
  readonly provider: Provider | null;
  readonly gatekeeper?: Gatekeeper;
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
  /** Calls of which only figures were kept, because they could not be redacted. */
  readonly redactionFailures: number;
  /** What was replaced by placeholders. */
  readonly redacted: readonly RedactedCount[];
  readonly cache: CacheCounts;
}

export interface Gateway {
  /** Answers `/v1/*`; mount it in any Node server. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  readonly counts: GatewayCounts;
  /** Requests being answered now. */
  readonly active: number;
  /** Takes no new requests; resolves when the running ones are answered. */
  drain(): Promise<void>;
  /** Breaks off what is still running: a stream ends in an error event, anything else in an error or a cut connection. */
  interrupt(reason: RightsizeError): void;
  /** No answer of before is given again: not from the cache, and not to who repeats a request. */
  forgetAnswers(): void;
  /**
   * From the next request on these settings, this upstream and this gatekeeper hold. Resolves when the requests that
   * came before have ended, and with them the last use of the former upstream.
   */
  reconfigure(change: GatewayChange): Promise<void>;
}

/** The request path, ready to be mounted: `createServer(gateway.handle)`. */
export function createGateway(options: GatewayOptions): Gateway {
  return new RunningGateway(options);
}

class RunningGateway implements Gateway {
  readonly #options: GatewayOptions;
  readonly #running = new Set<Interruption>();
  #generation: Generation = { active: 0, onEmpty: null };
  #gatekeeper: Gatekeeper;
  #parts: RouteParts;
  #origins: readonly string[];
  #privacy: CallPrivacy;
  readonly #before: AnsweredBefore;
  readonly #covered = new PrivacyCounts();
  readonly #counts = { calls: 0, answeredByStudent: 0, failed: 0, captureFailures: 0 };
  readonly #waiting: (() => void)[] = [];
  #active = 0;
  #captures = 0;
  #isDraining = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#gatekeeper = options.gatekeeper ?? createSingleKeyGate(options.settings);
    this.#privacy = this.#privacyOf(options.settings);
    this.#parts = this.#partsOf(options.settings, options.provider);
    this.#origins = options.settings.cors.origins;
    this.#before = new AnsweredBefore(options.settings.cache, options.now ?? Date.now);
  }

  #partsOf({ maxBodyBytes, streams }: Settings, provider: Provider | null): RouteParts {
    return {
      streams,
      engine: this.#options.engine,
      provider,
      maxBodyBytes,
      now: this.#options.now ?? Date.now,
      onOutcome: (outcome) => this.#capture(outcome),
      privacy: this.#privacy,
    };
  }

  #privacyOf(settings: Settings): CallPrivacy {
    return new CallPrivacy(settings, this.#covered, (call) =>
      this.#options.log?.warn({ call: call.id, tenant: call.tenant }, 'a call could not be redacted'),
    );
  }

  get counts(): GatewayCounts {
    return {
      ...this.#counts,
      redactionFailures: this.#covered.failures,
      redacted: this.#covered.list(),
      cache: this.#before.counts,
    };
  }

  get active(): number {
    return this.#active;
  }

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    const generation = this.#generation;
    const interruption: Interruption = { reason: null, stop: null };
    this.#active++;
    generation.active++;
    this.#running.add(interruption);
    response.once('close', () => {
      this.#active--;
      this.#running.delete(interruption);
      if (--generation.active === 0) generation.onEmpty?.();
      this.#settle();
    });
    response.on('error', () => response.destroy());
    void this.#answer(request, response, interruption);
  };

  interrupt(reason: RightsizeError): void {
    for (const interruption of this.#running) {
      interruption.reason = reason;
      interruption.stop?.(reason);
    }
  }

  reconfigure({ settings, provider, gatekeeper }: GatewayChange): Promise<void> {
    const former = this.#generation;
    const nextGate = gatekeeper ?? createSingleKeyGate(settings);
    this.#privacy = this.#privacyOf(settings);
    this.#parts = this.#partsOf(settings, provider);
    this.#origins = settings.cors.origins;
    this.#gatekeeper = nextGate;
    this.#before.configure(settings.cache);
    this.#generation = { active: 0, onEmpty: null };
    return new Promise((resolve) => {
      former.onEmpty = resolve;
      if (former.active === 0) resolve();
    });
  }

  forgetAnswers(): void {
    this.#before.clear();
  }

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

  async #answer(request: IncomingMessage, response: ServerResponse, interruption: Interruption): Promise<void> {
    const startedAt = performance.now();
    if (answerCors(request, response, this.#origins)) return;
    const id = newCallId();
    let exchange: AdmittedExchange | null = null;
    let end: ExchangeEnd;
    try {
      exchange = await this.#admit({ id, request, response, startedAt, interruption });
      end = await this.#route(exchange);
    } catch (error) {
      const { code, status } = refuse(request, response, error, id);
      end = plainEnd(status, 'gateway', code);
    }
    exchange?.finish(end);
    this.#tellEnd(request, exchange, end, performance.now() - startedAt);
  }

  #route(exchange: Exchange): Promise<ExchangeEnd> {
    const parts = this.#parts;
    const answer = () => routes[exchange.endpoint.name](exchange, parts);
    if (!this.#before.concerns(exchange)) return answer();
    return this.#before.answer(exchange, {
      maxBodyBytes: parts.maxBodyBytes,
      upstream: parts.provider?.name ?? null,
      answer,
    });
  }

  /** Throws before a byte of the body is read. */
  async #admit(begun: Begun): Promise<AdmittedExchange> {
    const { request } = begun;
    if (this.#isDraining) throw new RightsizeError('server_stopping', 'The server is being stopped.');
    const admitted = this.#gatekeeper.admit(request.headers);
    const caller = admitted instanceof Promise ? await admitted : admitted;
    const endpoint = findEndpoint(request.method ?? 'GET', request.url ?? '');
    // What repeats an answered request costs nothing, whatever is left.
    const isRepeatable = request.headers['idempotency-key'] !== undefined;
    if (hasBody(request) && !isRepeatable) this.#gatekeeper.check?.(caller);
    const gate = this.#gatekeeper;
    let reservation: Reservation | null = null;
    const { socket } = request;
    const sentBefore = socket.bytesWritten;
    return {
      ...begun,
      endpoint,
      path: endpoint.path,
      headers: withoutKeys(request.headers, caller.keyHeaders),
      caller,
      async reserve(ask) {
        reservation = await gate.reserve(caller, ask);
        return reservation.headers;
      },
      finish({ status, usage, cost, answeredBy, error }) {
        const isCutShort = error !== null && callersEnds.has(error);
        const sent = isCutShort ? { sentBytes: Math.max(0, socket.bytesWritten - sentBefore) || 0 } : {};
        if (answeredBy === 'gateway') reservation?.release();
        else reservation?.settle({ status, usage, cost, ...sent });
      },
    };
  }

  #tellEnd(request: IncomingMessage, exchange: Exchange | null, end: ExchangeEnd, durationMs: number): void {
    const { onEnd } = this.#options;
    if (onEnd === undefined) return;
    const endpoint = exchange?.endpoint.name ?? null;
    const { tenant = null, key = null } = exchange?.caller ?? {};
    this.#guard(() => onEnd({ ...end, endpoint, tenant, key, durationMs }, request.headers));
  }

  /** Behind the answer, and never in its way: whatever fails here is counted. */
  #capture(outcome: Outcome): void {
    this.#counts.calls++;
    if (outcome.decision.route.answeredBy === 'student') this.#counts.answeredByStudent++;
    if (outcome.status >= 500) this.#tellFailure(outcome);
    const { asked, decision } = outcome;
    const privacy = this.#privacy;
    const wished = privacy.keepingOf(asked, decision);
    // Another model is another teacher: what it says is never learned, neither now nor later.
    const planned = outcome.isStandIn && wished === 'content' ? 'figures' : wished;
    if (planned === 'nothing') return;
    this.#captures++;
    setImmediate(() => {
      this.#captures--;
      this.#settle();
      const { call, keeping } = privacy.finish(asked, toCall(outcome), planned);
      const { route, match } = decision;
      const user = keeping === 'content' ? (asked.call.user ?? null) : null;
      const isKept = this.#guard(() => this.#options.onCall?.({ call, route, match, user }));
      if (keeping === 'content' && isKept !== false) this.#guard(() => this.#options.engine.observe(call, decision));
    });
  }

  #tellFailure({ asked: { call }, status, response, latencyMs }: Outcome): void {
    this.#counts.failed++;
    // An upstream's own code may be anything, somebody's words too.
    const said = isJsonObject(response.error) ? response.error.code : null;
    const code = typeof said === 'string' && Object.hasOwn(errorCatalogue, said) ? said : null;
    this.#options.log?.warn({ call: call.id, status, code, latencyMs }, 'a call failed on the way to the upstream');
  }

  #guard<Result>(learn: () => Result): Result | undefined {
    try {
      return learn();
    } catch (err) {
      this.#counts.captureFailures++;
      this.#options.log?.warn({ err }, 'a call could not be learned from or kept');
      return undefined;
    }
  }
}

const routes: Readonly<Record<EndpointName, RouteHandler<RouteParts>>> = {
  'chat-completions': answerChat,
  completions: answerMetered,
  embeddings: answerMetered,
  responses: answerMetered,
  models: listModels,
  messages: answerMessages,
  'count-tokens': answerMetered,
  other: passThrough,
};

/** The requests between one change of the settings and the next. */
interface Generation {
  active: number;
  onEmpty: (() => void) | null;
}

type Begun = Pick<Exchange, 'id' | 'request' | 'response' | 'startedAt' | 'interruption'>;

/** Errors that say that the caller did not wait for the end. */
const callersEnds: ReadonlySet<string> = new Set(['request_cancelled', 'reader_stalled']);

interface AdmittedExchange extends Exchange {
  finish(end: ExchangeEnd): void;
}

/** An error before any answer. A body that is still being sent is not read to its end; its connection is closed. */
function refuse(request: IncomingMessage, response: ServerResponse, error: unknown, id: string): RightsizeError {
  const isUnread = hasBody(request) && !request.complete;
  const retry = error instanceof RightsizeError && error.code === 'server_stopping' ? { 'retry-after': '1' } : {};
  const closing = isUnread ? { connection: 'close' } : {};
  const dialect = dialectOf(request.url ?? '');
  const headers = { ...idHeaders(id, dialect), 'x-rightsize-call': id, ...retry, ...closing };
  const sent = sendError(response, error, { headers, dialect });
  if (!isUnread) return sent;
  // Closing while the caller still sends would reset the connection and lose the answer.
  request.resume();
  setTimeout(() => request.destroy(), unreadBodyMs).unref();
  return sent;
}

const unreadBodyMs = 2_000;

function toCall({ asked: { call }, status, response, latencyMs }: Outcome): Call {
  const { id, at, tenant, request, task, tags } = call;
  return { id, at, tenant, status, latencyMs, request, response, task, gold: null, tags };
}
