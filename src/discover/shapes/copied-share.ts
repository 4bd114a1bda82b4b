import type { Json } from '../../records/call.ts';
import { findText } from '../../records/shapes/find-text.ts';
import { saysSomething, type ValueRow } from './value-rows.ts';

/** What was copied at one place of the answers. */
export interface CopyCount {
  /** Values that were looked for. */
  readonly seen: number;
  /** Values that stand in their input as they are. */
  readonly whole: number;
  /** Values that are several copied texts, by what stands between these. */
  readonly joined: Readonly<Record<string, number>>;
}

/** How many of the values that a place held stood in their inputs. */
export interface Copied {
  readonly share: number;
  readonly seen: number;
  /** What stands between several copied texts in one value; null where there are none. */
  readonly joiner: string | null;
}

const joiners = [', ', ',', '; ', ' / ', '\n'];

export const nothingCopied: CopyCount = { seen: 0, whole: 0, joined: {} };

/** One value more. `input` is loosened. */
export function countCopy(count: CopyCount, input: string, value: Json): CopyCount {
  const { seen, whole, joined } = count;
  const part = textOf(value);
  if (part !== '' && findText(input, part).length > 0) return { seen: seen + 1, whole: whole + 1, joined };
  const joiner = joiners.find((one) => isJoined(input, value, one));
  return {
    seen: seen + 1,
    whole,
    joined: joiner === undefined ? joined : { ...joined, [joiner]: (joined[joiner] ?? 0) + 1 },
  };
}

export function addCopies(some: CopyCount, others: CopyCount): CopyCount {
  const joined = { ...some.joined };
  for (const [joiner, count] of Object.entries(others.joined)) joined[joiner] = (joined[joiner] ?? 0) + count;
  return { seen: some.seen + others.seen, whole: some.whole + others.whole, joined };
}

export function copiedOf({ seen, whole, joined }: CopyCount): Copied {
  const [most] = Object.entries(joined).sort((a, b) => b[1] - a[1]);
  return { share: seen === 0 ? 0 : (whole + (most?.[1] ?? 0)) / seen, seen, joiner: most?.[0] ?? null };
}

/** Values of one place, each looked for in its input: whole words, in any case, all white space alike. Items of a list each count. */
export function copiedShare(rows: readonly ValueRow[]): Copied {
  let count = nothingCopied;
  for (const { value, input } of rows) {
    if (input === null || !saysSomething(value)) continue;
    const text = loosen(input);
    for (const item of Array.isArray(value) ? value : [value]) count = countCopy(count, text, item);
  }
  return copiedOf(count);
}

function isJoined(input: string, value: Json, joiner: string): boolean {
  const pieces = typeof value === 'string' ? value.split(joiner) : [];
  return pieces.length > 1 && pieces.every((piece) => findText(input, loosen(piece)).length > 0);
}

function textOf(value: Json): string {
  return loosen(typeof value === 'string' ? value : String(value));
}

export function loosen(text: string): string {
  return text.normalize('NFC').replace(/\s+/g, ' ').trim().toLowerCase();
}
