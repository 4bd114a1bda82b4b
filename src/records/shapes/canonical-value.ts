import type { Json } from '../call.ts';
import { isJsonObject } from '../call.ts';
import { foldLabel } from '../label-form.ts';
import { canonicalJson, isList, tidyJson, tidyText } from './canonical-json.ts';
import type { FieldTree } from './field-tree.ts';
import type { FieldValue, ShapeField } from './shape-field.ts';

/** The answer has another form than its shape: no student is taught it, and it agrees with nothing. */
export class OtherForm extends Error {}

/**
 * The canonical value of what an answer holds: fields in no order, texts folded or tidied, what says nothing left out.
 * Undefined where nothing is left. @throws OtherForm where a key is unknown or a list or an object stands in the wrong place.
 */
export function canonicalValue(tree: FieldTree, value: Json | undefined): Json | undefined {
  if (tree.field !== null) return canonicalField(tree.field, value);
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) throw new OtherForm();
  const entries: [string, Json][] = [];
  for (const [key, item] of Object.entries(value)) {
    const child = tree.children.get(key);
    if (child === undefined) throw new OtherForm();
    const inside = canonicalValue(child, item);
    if (inside !== undefined) entries.push([key, inside]);
  }
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function canonicalField(field: ShapeField, value: Json | undefined): Json | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && saysNothing(field, value)) return undefined;
  return canonicalOfKind(field.value, value);
}

function saysNothing({ nothing, value: { kind } }: ShapeField, text: string): boolean {
  const tidy = tidyText(text);
  if (typeof nothing === 'object' && foldLabel(tidy) === foldLabel(nothing.text)) return true;
  return tidy === '' && kind !== 'constant';
}

function canonicalOfKind(kind: FieldValue, value: Json): Json {
  switch (kind.kind) {
    case 'label':
      return canonicalLabel(scalar(value), kind.isExact);
    case 'labels':
      return [...new Set(listOf(value).map((item) => canonicalJson(canonicalLabel(scalar(item)))))]
        .sort()
        .map((json) => JSON.parse(json) as Json);
    case 'number':
      return canonicalNumber(scalar(value));
    case 'span':
      return tidyJson(scalar(value));
    case 'spans':
      return listOf(value)
        .map((item) => tidyText(textOf(item)))
        .sort();
    case 'typed-spans':
      return canonicalTypedSpans(kind, value);
    case 'constant':
    case 'free':
      return tidyJson(value);
  }
}

/** A label's value as labels are compared: texts folded. */
export function canonicalLabel(value: Json, isExact = false): Json {
  return typeof value === 'string' && !isExact ? foldLabel(value) : value;
}

function canonicalNumber(value: Json): Json {
  if (typeof value !== 'string') return value;
  const tidy = tidyText(value);
  return /^-?\d+(\.\d+)?$/.test(tidy) ? Number(tidy) : tidy;
}

function canonicalTypedSpans({ textKey, typeKey }: FieldValue & { kind: 'typed-spans' }, value: Json): Json {
  const spans = listOf(value).map((item) => {
    if (!isJsonObject(item) || Object.keys(item).length !== 2) throw new OtherForm();
    return { text: tidyText(textOf(item[textKey])), type: canonicalLabel(textOf(item[typeKey])) };
  });
  return spans
    .map((span) => canonicalJson(span))
    .sort()
    .map((json) => JSON.parse(json) as Json);
}

function scalar(value: Json): Json {
  if (typeof value === 'object' && value !== null) throw new OtherForm();
  return value;
}

function listOf(value: Json): readonly Json[] {
  if (!isList(value)) throw new OtherForm();
  return value;
}

function textOf(value: Json | undefined): string {
  if (typeof value !== 'string') throw new OtherForm();
  return value;
}
