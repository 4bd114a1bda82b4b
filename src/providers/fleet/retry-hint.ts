import type { Headers } from '../provider.ts';

/**
 * Milliseconds for which an upstream asks to be left alone, by `retry-after-ms` or else `retry-after` (seconds, or a date
 * as in RFC 9110 §10.2.3); 0 for a date that has passed. Null where it asks for nothing readable.
 */
export function retryHint(headers: Headers, now: number): number | null {
  const exact = amount(headers['retry-after-ms']);
  if (exact !== null) return exact;
  const seconds = amount(headers['retry-after']);
  if (seconds !== null) return seconds * 1_000;
  const text = String(headers['retry-after'] ?? '');
  // Without a month's name it is no date of HTTP; the runtime would read years into plain numbers.
  const date = /[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

function amount(value: string | readonly string[] | undefined): number | null {
  const text = String(value ?? '').trim();
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : null;
}
