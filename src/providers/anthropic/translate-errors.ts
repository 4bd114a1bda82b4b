import { isJsonObject, type JsonObject } from '../../records/call.ts';
import { textOf } from './wire-words.ts';

/** An error of Anthropic's in OpenAI's shape; its kind is kept as type and code. */
export function toCompletionError(body: unknown): JsonObject {
  const told = isJsonObject(body) && isJsonObject(body.error) ? body.error : {};
  const type = textOf(told.type) || 'api_error';
  return { error: { message: textOf(told.message) || 'The upstream gave no reason.', type, param: null, code: type } };
}

const typesByStatus: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** The kind of error that Anthropic tells under a status. */
export function messageErrorType(status: number): string {
  return typesByStatus[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
}

/** An error in OpenAI's shape as Anthropic would tell it; its code goes along. */
export function toMessageError(body: unknown, status: number): JsonObject {
  const told = isJsonObject(body) && isJsonObject(body.error) ? body.error : {};
  const message = textOf(told.message) || 'The upstream gave no reason.';
  const code = textOf(told.code);
  return { type: 'error', error: { type: messageErrorType(status), message, ...(code === '' ? {} : { code }) } };
}
