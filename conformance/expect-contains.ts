import { deepEqual } from 'node:assert/strict';

/** Everything that was sent has arrived as it was; what a gateway adds of its own is let pass. */
export function expectContains(actual: unknown, sent: unknown, what = 'the answer'): void {
  deepEqual(shared(actual, sent), sent, `${what} was changed`);
}

/** `actual` without the fields that `sent` does not have. */
function shared(actual: unknown, sent: unknown): unknown {
  if (Array.isArray(actual) && Array.isArray(sent)) return actual.map((item, at) => shared(item, sent[at]));
  if (!isObject(actual) || !isObject(sent)) return actual;
  const names = Object.keys(actual).filter((name) => name in sent);
  return Object.fromEntries(names.map((name) => [name, shared(actual[name], sent[name])]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
