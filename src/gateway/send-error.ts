import type { ServerResponse } from 'node:http';
import { RightsizeError } from '../errors.ts';
import type { JsonObject } from '../records/call.ts';
import { InvalidRequest } from './read-chat-request.ts';

/** An error as OpenAI's API writes it, so that its clients raise what they always raise. */
export function errorBody(error: RightsizeError): JsonObject {
  return {
    error: {
      message: `${error.message} ${error.remedy}`,
      type: errorType(error.status),
      param: error instanceof InvalidRequest ? error.param : null,
      code: error.code,
    },
  };
}

function errorType(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  return status < 500 ? 'invalid_request_error' : 'api_error';
}

export interface ErrorAnswer {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Where the status is the upstream's. */
  readonly status?: number;
}

/** Answers with an error, unless an answer has begun already: then the connection is broken off, which no client takes for an answer. */
export function sendError(
  response: ServerResponse,
  cause: unknown,
  { headers = {}, status }: ErrorAnswer = {},
): RightsizeError {
  const error = cause instanceof RightsizeError ? cause : new RightsizeError('internal', describe(cause), { cause });
  if (response.headersSent) response.destroy();
  else {
    const body = Buffer.from(JSON.stringify(errorBody(error)));
    const known = { 'content-type': 'application/json', 'content-length': String(body.length) };
    response
      .writeHead(status ?? error.status, { ...headers, ...error.headers, ...known } as Record<string, string>)
      .end(body);
  }
  return error;
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
