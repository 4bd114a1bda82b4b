import { createHash } from 'node:crypto';
import { isJsonObject, type JsonObject } from '../records/call.ts';
import type { StoredCall } from './call-store.ts';

/**
 * How a user of the application is written down beside their calls: a hash (SHA-256, the first 128 bits), by which all
 * calls of a user who is named are found again, and from which nobody reads the name.
 */
export function userReference(user: string): string {
  return createHash('sha256').update('rightsize user\n').update(user).digest('base64url').slice(0, 22);
}

/** The user whom a request names: `user`, `safety_identifier`, or `user_id` in its metadata; null where it names none. */
export function userOf(request: JsonObject): string | null {
  const metadata = isJsonObject(request.metadata) ? request.metadata : {};
  for (const named of [request.user, request.safety_identifier, metadata.user_id])
    if (typeof named === 'string' && named !== '') return named;
  return null;
}

/** The reference of a call's user: what was written down with the call, else what its request says. */
export function referenceOf({ call, user }: StoredCall): string | null {
  if (user !== undefined) return user;
  const named = userOf(call.request);
  return named === null ? null : userReference(named);
}
