import type { Json } from '../call.ts';
import { type WrittenJson, WrittenNumber } from './json-style.ts';

/** A JSON text inside an answer, and what stands around it. */
export interface JsonText {
  readonly before: string;
  readonly json: string;
  readonly after: string;
}

/** Deeper answers are no narrow task's, and would exhaust the stack of whoever walks them. */
const deepest = 24;
const fenceBefore = /^\s*(?:```[\w-]*\s*)?$/;
const fenceAfter = /^\s*(?:```\s*)?$/;

/** The object or list that an answer is made of, in a code fence or not; null where there is none. Not yet parsed. */
export function findJsonText(text: string): JsonText | null {
  const start = text.search(/[[{]/);
  if (start < 0) return null;
  const end = text.lastIndexOf(text[start] === '{' ? '}' : ']') + 1;
  if (end <= start) return null;
  return { before: text.slice(0, start), json: text.slice(start, end), after: text.slice(end) };
}

/**
 * The object or list in an answer, or null. Strict: single quotes, trailing commas, comments and cut answers are not JSON to the
 * application either. Around it only white space, a code fence, or `wrapping`, what the teacher usually writes there.
 */
export function parseJsonAnswer(
  text: string,
  wrapping?: { readonly before: string; readonly after: string },
): Json | null {
  const found = findJsonText(text);
  if (found === null) return null;
  const isWrapped = found.before === wrapping?.before && found.after === wrapping.after;
  if (!isWrapped && !(fenceBefore.test(found.before) && fenceAfter.test(found.after))) return null;
  return parseJson(found.json);
}

/** Strict JSON of bearable depth, or null. */
export function parseJson(json: string): Json | null {
  try {
    const value: unknown = JSON.parse(json);
    return depthOf(value, deepest) > deepest ? null : (value as Json);
  } catch {
    return null;
  }
}

/** Levels of nesting, counted no further than one beyond `limit`. */
function depthOf(value: unknown, limit: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (limit <= 0) return 1;
  let most = 0;
  for (const item of Object.values(value)) most = Math.max(most, depthOf(item, limit - 1));
  return most + 1;
}

const numberMark = '\uE000';

/** Parses JSON and keeps the way its numbers are written; null where it cannot. */
export function parseWritten(json: string): WrittenJson | null {
  // Only in JSON that is whole does every string end, which keeps the pattern below from starting again at each quote.
  if (json.includes(numberMark) || parseJson(json) === null) return null;
  const marked = json.replace(/"(?:[^"\\]|\\[\s\S])*"|-?\d[\d.eE+-]*/g, (token) =>
    token.startsWith('"') ? token : `"${numberMark}${token}"`,
  );
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(numberMark) ? new WrittenNumber(value.slice(1)) : value,
  ) as WrittenJson;
}
