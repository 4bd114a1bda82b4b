import type { Json } from '../../records/call.ts';
import { isJsonObject } from '../../records/call.ts';
import type { OutputShape, StructuredKind } from '../../records/output-shape.ts';
import { canonicalJson } from '../../records/shapes/canonical-json.ts';
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
import { rowsOf, type ValueRow } from './value-rows.ts';

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
    form: { kind: 'json', style, keyOrder: keyOrderOf(rows, fields, []), groups },
    fields,
    rows,
    notes: schemaNotes(hints.schema, rows),
  });
}

/** What one field alone makes of the answers; null where there are several. */
function kindOf(fields: readonly ShapeField[]): StructuredKind | null {
  const [field, second] = fields;
  if (field === undefined || second !== undefined || field.path.length > 1) return null;
  if (field.value.kind === 'labels' || field.value.kind === 'number') return field.value.kind;
  return field.value.kind === 'spans' || field.value.kind === 'typed-spans' ? 'spans' : null;
}

/** Whether the keys of the answers stand as their values do in the input, more often than in one fixed order. */
export function keyOrderOf(
  rows: readonly ValueRow[],
  fields: readonly ShapeField[],
  below: readonly string[],
): 'fixed' | 'text' {
  const known = fields.filter(({ path }) => path.length === below.length + 1).map(({ path }) => path.at(-1) ?? '');
  let [fixed, text] = [0, 0];
  for (const { value, input } of rows) {
    if (input === null || !isJsonObject(value)) continue;
    const keys = Object.keys(value).filter((key) => known.includes(key) && value[key] !== null);
    if (keys.length < 2) continue;
    if (
      sameOrder(
        known.filter((key) => keys.includes(key)),
        keys,
      )
    )
      fixed++;
    if (
      sameOrder(
        inTextOrder(
          known.filter((key) => keys.includes(key)),
          value,
          input,
        ),
        keys,
      )
    )
      text++;
  }
  return text > fixed ? 'text' : 'fixed';
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
