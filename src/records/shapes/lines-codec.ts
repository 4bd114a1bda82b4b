import type { Json, JsonObject } from '../call.ts';
import { foldLabel } from '../label-form.ts';
import type { LinesForm } from './answer-form.ts';
import type { FieldTree } from './field-tree.ts';
import { type WrittenJson, WrittenNumber } from './json-style.ts';

/** A line that gives a field its value: a name, a colon or an equals sign, the rest. */
const linePattern = /^[\s*•-]*([\p{L}\p{N}][\p{L}\p{N}_ /()-]{0,59}?)\s*\**\s*[:=]\**(.*)$/u;

/** Name and value of a `FIELD: value` line; null where it is another line. */
export function readLine(line: string): { readonly name: string; readonly value: string } | null {
  const [, name, value] = linePattern.exec(line) ?? [];
  return name === undefined || value === undefined ? null : { name, value: value.trim() };
}

/** The fields of an answer in lines; null where it has another form. Names are known whatever their case. */
export function readLines(form: LinesForm, tree: FieldTree, text: string): Json | null {
  if (form.empty !== null && foldLabel(text) === foldLabel(form.empty)) return {};
  const inner = withoutEnds(text.trim(), form.before.trim(), form.after.trim());
  const names = new Map([...tree.children.keys()].map((name) => [name.toLowerCase(), name]));
  const entries = new Map<string, string>();
  for (const line of inner.split(/\r?\n/)) {
    if (line.trim() === '') continue;
    const read = readLine(line);
    const name = read === null ? undefined : names.get(read.name.toLowerCase());
    if (read === null || name === undefined || entries.has(name)) return null;
    entries.set(name, read.value);
  }
  return entries.size === 0 ? null : Object.fromEntries(entries);
}

/** Text without what is written before and after it, as far as that is there. */
export function withoutEnds(text: string, before: string, after: string): string {
  const start = before !== '' && text.startsWith(before) ? before.length : 0;
  const isEnded = after !== '' && text.endsWith(after) && text.length - after.length >= start;
  return text.slice(start, isEnded ? text.length - after.length : text.length);
}

/** The lines of an answer; null where there is nothing to say and no word for it. */
export function writeLines(form: LinesForm, value: WrittenJson): string | null {
  const fields = Object.entries(value as JsonObject & WrittenJson) as [string, WrittenJson][];
  if (fields.length === 0) return form.empty;
  const lines = fields.map(([name, item]) => `${form.prefix}${name}${form.separator}${plainText(item)}`.trimEnd());
  return form.before + lines.join(form.lineBreak) + form.after;
}

/** A single value as text writes it. */
export function plainText(value: WrittenJson): string {
  if (value instanceof WrittenNumber) return value.text;
  return typeof value === 'string' ? value : value === null ? '' : String(value);
}
