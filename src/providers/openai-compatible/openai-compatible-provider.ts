import { EventEmitter } from 'node:events';
import { type Dispatcher, errors, Pool } from 'undici';
import { type ErrorCode, RightsizeError } from '../../errors.ts';
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
      const deadline = startDeadline(request.signal, options);
      try {
        const reply = await sendOnce(pool, toDispatch(request, prefix, options.apiKey, deadline.signal));
        reply.body.once('close', deadline.stop);
        return {
          status: reply.statusCode,
          headers: responseHeaders(reply.headers),
          body: reply.body,
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

function isBrokenConnection(error: unknown): boolean {
  return (
    error instanceof errors.SocketError ||
    (error instanceof Error && 'code' in error && ['ECONNRESET', 'EPIPE'].includes(String(error.code)))
  );
}

function toDispatch(
  request: UpstreamRequest,
  prefix: string,
  apiKey: string | null,
  signal: EventEmitter,
): Dispatcher.RequestOptions {
  const headers = requestHeaders(request.headers);
  if (apiKey !== null) {
    headers.authorization = `Bearer ${apiKey}`;
    delete headers['x-api-key'];
    delete headers['api-key'];
  }
  return { method: request.method, path: prefix + request.path, headers, body: request.body, signal };
}

interface Deadline {
  /** Emits `abort`; an emitter costs a fraction of an AbortController. */
  readonly signal: EventEmitter;
  readonly hasPassed: () => boolean;
  stop(): void;
}

/** One signal for both: the caller hung up, or the whole call took too long. */
function startDeadline(callerSignal: AbortSignal, { totalTimeoutMs }: OpenAiCompatibleOptions): Deadline {
  const signal = new EventEmitter();
  let passed = false;
  const onAbort = () => void signal.emit('abort');
  callerSignal.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => {
    passed = true;
    signal.emit('abort');
  }, totalTimeoutMs);
  return {
    signal,
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
    return { code: 'upstream_total_timeout', message: `${upstream} took longer than ${options.totalTimeoutMs} ms.` };
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
