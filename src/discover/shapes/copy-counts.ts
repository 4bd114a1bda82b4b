import type { Answer } from '../../records/answer.ts';
import { isJsonObject, type Json } from '../../records/call.ts';
import { isList } from '../../records/shapes/canonical-json.ts';
import { parseJson, parseJsonAnswer } from '../../records/shapes/json-text.ts';
import { readLine } from '../../records/shapes/lines-codec.ts';
import { addCopies, type Copied, type CopyCount, copiedOf, countCopy, loosen, nothingCopied } from './copied-share.ts';
import { isPlaceholder, saysSomething } from './value-rows.ts';

/** By place: its keys joined by a zero, `*` for the items of a list. */
export type CopyCounts = Map<string, CopyCount>;
export type CopyLookup = (path: readonly string[]) => Copied | null;

/** Places counted; values looked for in one answer; characters of input they are looked for in. */
const mostPlaces = 400;
const mostValues = 60;
const mostCharacters = 60_000;

/** Counts which values of an answer stand in its input. Answers without fields count nothing. */
export function countCopies(counts: CopyCounts, answer: Answer, slots: readonly string[]): void {
  const value = containerOf(answer);
  if (value === null) return;
  const input = loosen(slots.join('\n').slice(0, mostCharacters));
  for (const { place, leaf } of leavesOf(value).slice(0, mostValues)) {
    const known = counts.get(place);
    if (known === undefined && counts.size >= mostPlaces) continue;
    counts.set(place, countCopy(known ?? nothingCopied, input, leaf));
  }
}

export function addCopyCounts(counts: CopyCounts, others: CopyCounts): void {
  for (const [place, other] of others) counts.set(place, addCopies(counts.get(place) ?? nothingCopied, other));
}

/** The counts by path. */
export function copyLookup(counts: CopyCounts): CopyLookup {
  return (path) => {
    const count = counts.get(path.join('\u0000'));
    return count === undefined ? null : copiedOf(count);
  };
}

function containerOf(answer: Answer): Json | null {
  if (answer.kind === 'none') return null;
  if (answer.kind === 'text') return parseJsonAnswer(answer.text) ?? linesOf(answer.text);
  const [call, second] = answer.calls;
  return call === undefined || second !== undefined ? null : { arguments: parseJson(call.arguments) ?? {} };
}

/** Lines of `FIELD: value`, their names in lower case; null where a line is none. */
function linesOf(text: string): Json | null {
  if (text.length > 4000 || !/[:=]/.test(text)) return null;
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const entries = lines.flatMap((line): [string, string][] => {
    const read = readLine(line);
    return read === null ? [] : [[read.name.toLowerCase(), read.value]];
  });
  return entries.length < lines.length ? null : Object.fromEntries(entries);
}

interface Leaf {
  readonly place: string;
  readonly leaf: Json;
}

function leavesOf(value: Json, path: readonly string[] = []): readonly Leaf[] {
  if (isList(value)) return value.flatMap((item) => leavesOf(item, [...path, '*']));
  if (isJsonObject(value))
    return Object.entries(value).flatMap(([key, item]) => leavesOf(item ?? null, [...path, key]));
  return saysSomething(value) && !(typeof value === 'string' && isPlaceholder(value))
    ? [{ place: path.join('\u0000'), leaf: value }]
    : [];
}
