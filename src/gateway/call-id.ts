import { randomUUID } from 'node:crypto';

/**
 * `call_` and the 32 digits of a UUID that begins with its time in milliseconds (RFC 9562, version 7). Later ids sort
 * later: a store's index of them grows at its end, where random ids would touch another page with every call.
 */
export function newCallId(now = Date.now()): string {
  const random = randomUUID();
  const time = now.toString(16).padStart(12, '0').slice(-12);
  return `call_${time}7${random.slice(15, 18)}${random.slice(19, 23)}${random.slice(24)}`;
}
