import type { ServerResponse } from 'node:http';
import { RightsizeError } from '../errors.ts';
import { messageErrorType } from '../providers/anthropic/translate-errors.ts';
import { isJsonObject, type JsonObject } from '../records/call.ts';
import type { Dialect } from './find-endpoint.ts';
import { InvalidRequest } from './read-chat-request.ts';

/** An error as the caller's API writes it, so that its clients raise what they always raise. */
export function errorBody(error: RightsizeError, dialect: Dialect = 'openai', status = error.status): JsonObject {
  const message = `${error.message} ${error.remedy}`;
  if (dialect === 'anthropic')
    return { type: 'error', error: { type: messageErrorType(status), message, code: error.code } };
  const param = error instanceof InvalidRequest ? error.param : null;
  return { error: { message, type: errorType(error, status), param, code: error.code } };
}

function errorType({ code }: RightsizeError, status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return code === 'insufficient_quota' ? code : 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'api_error';
}

/**
 * The last event of a stream that fails after its first byte. `body`: what the error would be as a whole answer;
 * `sentBefore`: the last piece that went out, which says where a Responses stream stands.
 */
export function errorEvent(body: JsonObject, dialect: Dialect, sentBefore = ''): string {
  if (dialect === 'anthropic') return `event: error\ndata: ${JSON.stringify(body)}\n\n`;
  if (dialect === 'openai') return `data: ${JSON.stringify(body)}\n\n`;
  const { message = '', code = null } = isJsonObject(body.error) ? body.error : {};
  const last = [...sentBefore.matchAll(/"sequence_number": ?(\d+)/g)].at(-1)?.[1];
  const failed = {
    type: 'response.failed',
    sequence_number: last === undefined ? 0 : Number(last) + 1,
    response: { object: 'response', status: 'failed', output: [], error: { code, message } },
  };
  return `event: response.failed\ndata: ${JSON.stringify(failed)}\n\n`;
}

/** The id of a request under the names that clients look for. */
export function idHeaders(id: string, dialect: Dialect): Record<string, string> {
  return dialect === 'anthropic' ? { 'x-request-id': id, 'request-id': id } : { 'x-request-id': id };
}

export interface ErrorAnswer {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Where the status is the upstream's. */
  readonly status?: number;
  readonly dialect?: Dialect;
  /** Whether what has begun is a stream of events, which can end in an error event. */
  readonly isStream?: boolean;
  /** The last piece of such a stream. */
  readonly sentBefore?: string;
}

/**
 * Answers with an error. Where an answer has begun already, a stream ends in an error event; anything else is broken off,
 * which no client takes for an answer.
 */
export function sendError(response: ServerResponse, cause: unknown, answer: ErrorAnswer = {}): RightsizeError {
  const error = cause instanceof RightsizeError ? cause : new RightsizeError('internal', describe(cause), { cause });
  sendErrorBody(response, errorBody(error, answer.dialect, answer.status), {
    ...answer,
    headers: { ...answer.headers, ...error.headers },
    status: answer.status ?? error.status,
  });
  return error;
}

/** The same for an error that is written already: an upstream's own. */
export function sendErrorBody(
  response: ServerResponse,
  body: JsonObject,
  {
    headers = {},
    status,
    dialect = 'openai',
    isStream = false,
    sentBefore = '',
  }: ErrorAnswer & { readonly status: number },
): void {
  if (!response.headersSent) {
    const bytes = Buffer.from(JSON.stringify(body));
    const known = { 'content-type': 'application/json', 'content-length': String(bytes.length) };
    response.writeHead(status, { ...headers, ...known } as Record<string, string>).end(bytes);
  } else if (isStream) response.end(errorEvent(body, dialect, sentBefore));
  else response.destroy();
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
