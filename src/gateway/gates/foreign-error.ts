import { RightsizeError } from '../../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../records/call.ts';
import type { Refusal } from './gate.ts';

/** Statuses that a kind of error has wherever it is told. */
const statusByType: Readonly<Record<string, number>> = {
  overloaded_error: 529,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  authentication_error: 401,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  timeout_error: 504,
};

/** An error that an upstream tells under a status that says all is well: 200, or none at all, in a stream. */
export function refusalOf(told: JsonObject): Refusal {
  const inner = told.error;
  const why = isJsonObject(inner) ? inner.message : inner;
  const error = new RightsizeError(
    'upstream_failed',
    `The upstream answered with an error under status 200${typeof why === 'string' ? `: ${why}` : ''}.`,
  );
  return {
    error,
    status: isJsonObject(inner) ? statusOf(inner) : error.status,
    body: isJsonObject(inner) ? completed(told, inner) : null,
  };
}

/** An answer of which nothing can be read. */
export function unreadableAnswer(what: string, status = 502): Refusal {
  const error = new RightsizeError('upstream_failed', `The upstream answered with ${what}.`);
  return { error, status: isErrorStatus(status) ? status : error.status, body: null };
}

/**
 * An error answer that no client of the official ones could read is told anew, with what it said and under its own status;
 * null where it can be read as it is.
 */
export function retoldError(value: unknown, status: number): Refusal | null {
  if (!isJsonObject(value)) return unreadableAnswer(`${status} and no error object`, status);
  const { error } = value;
  if (isJsonObject(error) && typeof error.message === 'string') return null;
  const said = [error, isJsonObject(error) ? error.message : null, value.message, value.detail].find(
    (each) => typeof each === 'string',
  );
  return unreadableAnswer(`${status}${said === undefined ? ' without saying why' : `: ${said}`}`, status);
}

/**
 * With what OpenAI's clients look for; what the upstream said stays as it is. Anthropic's errors say at the top what they
 * are, and have neither `param` nor `code`.
 */
function completed(told: JsonObject, inner: JsonObject): JsonObject {
  if (told.type === 'error') return told;
  return { ...told, error: { type: 'api_error', param: null, code: null, ...inner } };
}

/** Whether an answer consists of nothing but an error. */
export function isErrorOnly(value: JsonObject): boolean {
  const { error } = value;
  if (error === undefined || error === null || error === false) return false;
  return value.choices === undefined && value.output === undefined && value.data === undefined;
}

function isErrorStatus(status: number): boolean {
  return status >= 400 && status <= 599;
}

function statusOf(inner: JsonObject): number {
  const [known] = [inner.status, inner.code].map(Number).filter(isErrorStatus);
  return known ?? statusByType[text(inner.type)] ?? statusByType[text(inner.code)] ?? 502;
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
