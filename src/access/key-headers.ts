import type { IncomingHttpHeaders } from 'node:http';

/** Where clients put their key: OpenAI's, Anthropic's and Azure's. */
export const keyHeaders = ['authorization', 'x-api-key', 'api-key'] as const;
export type KeyHeader = (typeof keyHeaders)[number];

/** The key that a header carries; null where there is none. */
export function keyIn(headers: IncomingHttpHeaders, header: KeyHeader): string | null {
  const value = headers[header];
  if (typeof value !== 'string' || value === '') return null;
  return header === 'authorization' ? bearer(value) : value;
}

function bearer(value: string): string | null {
  if (value.slice(0, 7).toLowerCase() !== 'bearer ') return null;
  return value.slice(7).trim() || null;
}

/** The headers that travel on: the gateway's own keys end here. */
export function withoutKeys(headers: IncomingHttpHeaders, own: readonly KeyHeader[]): IncomingHttpHeaders {
  if (own.length === 0) return headers;
  // Copied one by one: an object that something was deleted from is several times slower to walk through.
  const kept: IncomingHttpHeaders = {};
  for (const header in headers) if (!isOneOf(own, header)) kept[header] = headers[header];
  return kept;
}

function isOneOf(headers: readonly string[], header: string): boolean {
  return headers.includes(header);
}
