import type { Json } from '../call.ts';

/** One text for all texts of a value: keys sorted, no white space. */
export function canonicalJson(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const entries = Object.entries(value)
    .filter((entry): entry is [string, Json] => entry[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}

/** A value whose texts are compared as applications do: Unicode in one form, nothing around them. */
export function tidyJson(value: Json): Json {
  if (typeof value === 'string') return tidyText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map(tidyJson);
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [[key, tidyJson(item)]])),
  );
}

export function tidyText(text: string): string {
  return text.normalize('NFC').trim();
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** What stands at a path; undefined where nothing does. An empty path is the value itself. */
export function valueAt(value: Json | undefined, path: readonly string[]): Json | undefined {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || isList(at) || !Object.hasOwn(at, key)) return undefined;
    at = at[key];
  }
  return at;
}
