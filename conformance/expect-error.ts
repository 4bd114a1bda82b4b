import { deepEqual, equal, ok } from 'node:assert/strict';
import type { Reply } from './client.ts';

export interface ExpectedError {
  readonly status: number;
  readonly code?: string;
}

/** An error as OpenAI's clients read it: an object of message, type, param and code under `error`. */
export function expectError(reply: Pick<Reply, 'status' | 'headers' | 'text'>, { status, code }: ExpectedError): void {
  const said = reply.text.slice(0, 200);
  equal(reply.status, status, `status ${reply.status} instead of ${status}: ${said}`);
  ok(
    String(reply.headers['content-type']).includes('application/json'),
    `an error of type ${reply.headers['content-type']}`,
  );
  const error = errorOf(reply.text);
  if (code !== undefined) equal(error.code, code);
}

/** The inner error object; throws where the text holds none in OpenAI's shape. */
export function errorOf(text: string): { readonly message: string; readonly type: string; readonly code: unknown } {
  let body: { error?: Record<string, unknown> };
  try {
    body = JSON.parse(text);
  } catch {
    throw new Error(`not JSON: ${text.slice(0, 200)}`);
  }
  const { error } = body;
  ok(typeof error === 'object' && error !== null, `no error object: ${text.slice(0, 200)}`);
  deepEqual(
    [typeof error.message, typeof error.type, 'param' in error, 'code' in error],
    ['string', 'string', true, true],
    `not the error shape: ${text.slice(0, 200)}`,
  );
  return error as { message: string; type: string; code: unknown };
}
