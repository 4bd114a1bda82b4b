import type { Json } from '../../records/call.ts';
import { isJsonObject } from '../../records/call.ts';
import type { OutputShape, StructuredKind } from '../../records/output-shape.ts';
import { canonicalJson, valueAt } from '../../records/shapes/canonical-json.ts';
import { parseJsonAnswer } from '../../records/shapes/json-text.ts';
import type { ShapeField } from '../../records/shapes/shape-field.ts';
import { inTextOrder } from '../../records/shapes/written-value.ts';
import type { AnswerTally } from '../answer-tally.ts';
import type { CountedText, ShapeHints } from '../shape-evidence.ts';
import { copyLookup } from './copy-counts.ts';
import { fieldsOf } from './fields-of.ts';
import { jsonStyleOf } from './json-style-of.ts';
import { whyBroken } from './schema.ts';
import { structuredShape } from './structured-shape.ts';
import { countOf, rowsOf, saysSomething, type ValueRow } from './value-rows.ts';

/** JSON answers as a shape of fields. `kind` is what they are at first sight. */
export function jsonAnswersShape(
  kind: StructuredKind,
  answers: readonly CountedText[],
  tally: AnswerTally,
  hints: ShapeHints,
): OutputShape {
  const style = jsonStyleOf(answers);
  const rows = rowsOf(tally, (answer) => (answer.kind === 'text' ? parseJsonAnswer(answer.text, style) : null));
  const { fields, groups } = fieldsOf(rows, { ...hints, copies: copyLookup(tally.copies) });
  return structuredShape({
    kind: kindOf(fields) ?? kind,
    form: { kind: 'json', style, byText: objectsByText(rows, fields), groups },
    fields,
    rows,
    notes: [...otherNotes(tally, countOf(rows)), ...schemaNotes(hints.schema, rows)],
  });
}

/** Says when a good part of the answers is words, or almost JSON. */
function otherNotes(tally: AnswerTally, json: number): readonly string[] {
  const all = [...tally.texts.values()].reduce((sum, count) => sum + count, 0);
  const others = Math.round((100 * (all - json)) / all);
  return others < 3 ? [] : [`${others} % of the answers are no JSON: these go to the teacher`];
}

/** What one field alone makes of the answers; null where there are several. */
function kindOf(fields: readonly ShapeField[]): StructuredKind | null {
  const [field, second] = fields;
  if (field === undefined || second !== undefined || field.path.length > 1) return null;
  if (field.value.kind === 'labels' || field.value.kind === 'number') return field.value.kind;
  return field.value.kind === 'spans' || field.value.kind === 'typed-spans' ? 'spans' : null;
}

/** The objects in the answers whose keys stand as their values do in the input, more often than in one fixed order. */
export function objectsByText(
  rows: readonly ValueRow[],
  fields: readonly ShapeField[],
): readonly (readonly string[])[] {
  const paths = new Map(fields.map(({ path }) => [canonicalJson(path.slice(0, -1)), path.slice(0, -1)]));
  return [...paths.values()].filter((path) => isByText(rows, fields, path));
}

function isByText(rows: readonly ValueRow[], fields: readonly ShapeField[], path: readonly string[]): boolean {
  const depth = path.length;
  const known = [...new Set(fields.flatMap((field) => (isBelow(field.path, path) ? [field.path[depth] ?? ''] : [])))];
  let [fixed, text] = [0, 0];
  for (const { value, input } of rows) {
    const object = valueAt(value, path);
    if (input === null || !isJsonObject(object)) continue;
    const keys = Object.keys(object).filter((key) => known.includes(key) && saysSomething(object[key]));
    if (keys.length < 2) continue;
    const usual = known.filter((key) => keys.includes(key));
    if (sameOrder(usual, keys)) fixed++;
    if (sameOrder(inTextOrder(usual, object, input), keys)) text++;
  }
  return text > fixed;
}

function isBelow(path: readonly string[], above: readonly string[]): boolean {
  return path.length > above.length && above.every((key, index) => key === path[index]);
}

function sameOrder(some: readonly string[], others: readonly string[]): boolean {
  return canonicalJson(some) === canonicalJson(others);
}

/** Says when the answers break their schema: then the answers are believed. */
function schemaNotes(schema: Json | undefined, rows: readonly ValueRow[]): readonly string[] {
  if (schema === undefined) return [];
  let [total, breaking] = [0, 0];
  let first: string | null = null;
  for (const { value, count } of rows) {
    total += count;
    const why = count === 0 || value === undefined ? null : whyBroken(schema, value);
    if (why === null) continue;
    breaking += count;
    first ??= why;
  }
  return first === null
    ? []
    : [`${breaking} of ${total} answers break the schema (${first}): the answers are followed`];
}
