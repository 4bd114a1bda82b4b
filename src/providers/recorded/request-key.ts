import { createHash } from 'node:crypto';
import type { Json, JsonObject } from '../../records/call.ts';

/** How an answer travels, and what is only said about the call: none of it changes the answer. */
const withoutMeaning = new Set(['stream', 'stream_options', 'metadata', 'store', 'user']);

/** The same for requests that ask the same: keys in any order, streamed or whole. */
export function requestKey(request: JsonObject): string {
  const asked = Object.fromEntries(Object.entries(request).filter(([key]) => !withoutMeaning.has(key)));
  return createHash('sha256').update(canonicalJson(asked)).digest('base64url');
}

/** JSON text with the keys of every object sorted. */
function canonicalJson(value: Json | undefined): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
