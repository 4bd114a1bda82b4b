import type { IncomingHttpHeaders } from 'node:http';
import { type ChatRequest, isJsonObject } from '../records/call.ts';
import { userOf, userReference } from '../storage/user-reference.ts';
import type { IncomingCall } from './engine.ts';

const longestName = 200;

export interface CallSource {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  /** Of the caller's key, which wins over what the request says; null where it names none. */
  readonly tenant: string | null;
  readonly request: ChatRequest;
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
}

/** What is known of a request before anybody answers it. Headers win over `metadata` in the body. */
export function describeCall({ id, headers, tenant, request, at }: CallSource): IncomingCall {
  const metadata = isJsonObject(request.metadata) ? request.metadata : {};
  const named = (name: 'task' | 'conversation' | 'step') =>
    text(headers[`x-rightsize-${name}`]) ?? text(metadata[name]);
  const conversation = named('conversation');
  const step = named('step');
  const user = userIn(headers) ?? userOf(request);
  return {
    id,
    at,
    tenant: tenantOf(headers, tenant),
    request,
    task: named('task'),
    forceTeacher: headers['x-rightsize-answer'] === 'teacher' || isRetry(headers),
    user: user === null ? null : userReference(user),
    tags: { ...(conversation === null ? {} : { conversation }), ...(step === null ? {} : { step }) },
  };
}

/** Whose call it is: the key says so, else the request. */
export function tenantOf(headers: IncomingHttpHeaders, ofKey: string | null): string {
  return ofKey ?? text(headers['x-rightsize-tenant']) ?? 'default';
}

/** Whole: a name that is cut is another name. */
function userIn(headers: IncomingHttpHeaders): string | null {
  const named = headers['x-rightsize-user'];
  return typeof named === 'string' ? named.trim() || null : null;
}

/** The official clients count their retries: a call that failed once is not answered from here. */
function isRetry(headers: IncomingHttpHeaders): boolean {
  return Number(headers['x-stainless-retry-count'] ?? 0) > 0;
}

function text(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  return value.trim().slice(0, longestName) || null;
}
