import type { Readable } from 'node:stream';
import { RightsizeError } from '../../errors.ts';
import { type ChatRequest, isJsonObject } from '../../records/call.ts';

/** The request that a body holds. Throws `invalid_request` where that is no JSON object. */
export async function readAsked(body: Buffer | Readable | null): Promise<ChatRequest> {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.concat((await body?.toArray()) ?? []);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new RightsizeError('invalid_request', 'The body is no JSON.', { cause });
  }
  if (!isJsonObject(value)) throw new RightsizeError('invalid_request', 'The body is no JSON object.');
  return value as ChatRequest;
}
