import { EventEmitter } from 'node:events';
import { type Dispatcher, errors, Pool } from 'undici';
import { type ErrorCode, RightsizeError } from '../../errors.ts';
import { type ApiDifferences, differingPath, differingRequestBody, keyHeaders } from '../api-differences.ts';
import { requestHeaders, responseHeaders } from '../forwarded-headers.ts';
import type { Provider, UpstreamRequest } from '../provider.ts';

export interface OpenAiCompatibleOptions {
  /** With its `/v1`: `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** Null: the caller's own Authorization header is passed on. */
  readonly apiKey: string | null;
  readonly connectTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly maxConnections: number;
  /** Set on every request, over what the caller sent. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the caller's own key may be passed on where `apiKey` is null; yes where it is not said. */
  readonly forwardsCallerKey?: boolean;
  /** Where this API differs from OpenAI's own. */
  readonly differences?: ApiDifferences;
  /** Whether streams may be asked for their usage; no where it is not said. */
  readonly asksForUsage?: boolean;
}

/** A connection that dies this soon was dead already when it was taken from the pool. */
const staleConnectionMs = 250;

/** Any server that speaks OpenAI's API. Bytes go through untouched both ways. */
export function createOpenAiCompatibleProvider(options: OpenAiCompatibleOptions): Provider {
  const base = new URL(options.baseUrl);
  const prefix = base.pathname.replace(/\/+$/, '');
  const pool = new Pool(base.origin, {
    connections: options.maxConnections,
    connect: { timeout: options.connectTimeoutMs },
    headersTimeout: options.firstByteTimeoutMs,
    bodyTimeout: options.idleTimeoutMs,
    // Below the idle limits of common servers, so that a pooled connection is rarely dead when it is taken.
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 20_000,
  });
  return {
    name: options.baseUrl,
    close: () => pool.close(),
    async send(request) {
      request.signal.throwIfAborted();
      const deadline = startDeadline(request, options);
      const isMetered = options.asksForUsage === true && request.meteredBody !== undefined;
      try {
        const reply = await sendOnce(pool, toDispatch(request, prefix, options, deadline.signal));
        reply.body.once('close', deadline.stop);
        return {
          status: reply.statusCode,
          headers: responseHeaders(reply.headers),
          body: reply.body,
          ...(isMetered ? { isMetered } : {}),
          failure: (error) => translate(error, { started: true, deadline, options }),
        };
      } catch (error) {
        deadline.stop();
        if (request.signal.aborted) throw request.signal.reason;
        throw translate(error, { started: false, deadline, options });
      }
    },
  };
}

/** Sends again once where a pooled connection turned out to be dead: nothing was answered, and the body can be repeated. */
async function sendOnce(pool: Pool, dispatch: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> {
  const startedAt = performance.now();
  try {
    return await pool.request(dispatch);
  } catch (error) {
    const isStale = isBrokenConnection(error) && performance.now() - startedAt < staleConnectionMs;
    if (!isStale || !(Buffer.isBuffer(dispatch.body) || dispatch.body === null)) throw error;
    return pool.request(dispatch);
  }
}

/** A connection that never brought a byte was no pooled one: the upstream has refused this very request. */
function isBrokenConnection(error: unknown): boolean {
  if (error instanceof errors.SocketError) return error.socket === null || (error.socket.bytesRead ?? 0) > 0;
  return error instanceof Error && 'code' in error && ['ECONNRESET', 'EPIPE'].includes(String(error.code));
}

function toDispatch(
  request: UpstreamRequest,
  prefix: string,
  { apiKey, headers: fixed, forwardsCallerKey = true, differences, asksForUsage }: OpenAiCompatibleOptions,
  signal: EventEmitter,
): Dispatcher.RequestOptions {
  const headers = requestHeaders(request.headers);
  if (apiKey !== null || !forwardsCallerKey) {
    delete headers.authorization;
    delete headers['x-api-key'];
    delete headers['api-key'];
  }
  if (apiKey !== null) Object.assign(headers, keyHeaders(apiKey, differences));
  if (fixed !== undefined) Object.assign(headers, fixed);
  const path = prefix + differingPath(request, differences);
  const sent = (asksForUsage ? request.meteredBody : undefined) ?? request.body;
  return { method: request.method, path, headers, body: differingRequestBody(sent, differences), signal };
}

interface Deadline {
  /** Emits `abort`; an emitter costs a fraction of an AbortController. */
  readonly signal: EventEmitter;
  readonly hasPassed: () => boolean;
  readonly limitMs: number;
  stop(): void;
}

/** One signal for both: the caller hung up, or the whole call took too long. */
function startDeadline(
  { signal: callerSignal, totalTimeoutMs = Number.POSITIVE_INFINITY }: UpstreamRequest,
  limits: OpenAiCompatibleOptions,
): Deadline {
  const signal = new EventEmitter();
  const limitMs = Math.min(totalTimeoutMs, limits.totalTimeoutMs);
  let passed = false;
  const onAbort = () => void signal.emit('abort');
  callerSignal.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => {
    passed = true;
    signal.emit('abort');
  }, limitMs);
  return {
    signal,
    limitMs,
    hasPassed: () => passed,
    stop() {
      clearTimeout(timer);
      callerSignal.removeEventListener('abort', onAbort);
    },
  };
}

interface FailureContext {
  /** Whether headers of an answer had arrived. */
  readonly started: boolean;
  readonly deadline: Deadline;
  readonly options: OpenAiCompatibleOptions;
}

function translate(cause: unknown, { started, deadline, options }: FailureContext): RightsizeError {
  const { code, message } = describe(cause, started, deadline, options);
  return new RightsizeError(code, message, { cause });
}

function describe(
  cause: unknown,
  started: boolean,
  deadline: Deadline,
  options: OpenAiCompatibleOptions,
): { readonly code: ErrorCode; readonly message: string } {
  const upstream = `The upstream ${options.baseUrl}`;
  if (deadline.hasPassed())
    return { code: 'upstream_total_timeout', message: `${upstream} took longer than ${deadline.limitMs} ms.` };
  if (cause instanceof errors.ConnectTimeoutError)
    return {
      code: 'upstream_connect_timeout',
      message: `${upstream} took no connection within ${options.connectTimeoutMs} ms.`,
    };
  if (cause instanceof errors.HeadersTimeoutError)
    return {
      code: 'upstream_first_byte_timeout',
      message: `${upstream} was silent for ${options.firstByteTimeoutMs} ms.`,
    };
  if (cause instanceof errors.BodyTimeoutError)
    return { code: 'upstream_idle_timeout', message: `${upstream} fell silent for ${options.idleTimeoutMs} ms.` };
  const why = cause instanceof Error ? cause.message || cause.name : String(cause);
  return started
    ? { code: 'upstream_interrupted', message: `${upstream} broke off: ${why}.` }
    : { code: 'upstream_unreachable', message: `${upstream} cannot be reached: ${why}.` };
}
