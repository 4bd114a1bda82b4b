import { type Gold, isJsonObject, type Json, type JsonObject } from '../records/call.ts';
import { canonicalOf, canonicalText } from '../records/canonical-answer.ts';
import type { StructuredShape } from '../records/output-shape.ts';
import { isList } from '../records/shapes/canonical-json.ts';
import { parseJson } from '../records/shapes/json-text.ts';
import type { ShapeField } from '../records/shapes/shape-field.ts';

/**
 * A person's answer to a call of several fields, canonical like the teacher's. People write it as the whole answer, as its value,
 * as the one field alone, with names in another case, with lists of one where the teacher writes the item, with spans by type
 * (`{"PERSON":["Ada"]}`), or a tool call as its name and its arguments. Null where it does not fit: it then scores nothing.
 */
export function structuredGold(gold: Gold, shape: StructuredShape): string | null {
  if (typeof gold !== 'string') return canonicalOfValue(shape, gold);
  const value = parseJson(gold);
  return (
    canonicalOf(shape, { kind: 'text', text: gold }) ??
    (value === null ? null : canonicalOfValue(shape, value)) ??
    canonicalOfValue(shape, gold)
  );
}

function canonicalOfValue(shape: StructuredShape, value: Json): string | null {
  return canonicalText(shape, value) ?? canonicalText(shape, fitted(shape, value));
}

/** The value as the teacher's answers hold it, as far as that can be told. */
function fitted({ kind, fields }: StructuredShape, value: Json): Json {
  const [field, second] = fields;
  if (field === undefined) return value;
  const isSole = second === undefined;
  if (isSole && field.path.length === 0) return fittedTo(field, value);
  if (isSole && field.path.length === 1 && !hasKey(value, field.path[0] ?? ''))
    return { [field.path[0] ?? '']: fittedTo(field, value) };
  if (kind === 'tool-call' && isJsonObject(value)) return fittedObject(fields, callOf(value), []);
  return fittedObject(fields, value, []);
}

function hasKey(value: Json, key: string): boolean {
  return isJsonObject(value) && Object.keys(value).some((name) => isSameName(name, key));
}

/** A tool call by whatever names: its one text is the tool, its one object the arguments. */
function callOf(value: JsonObject): Json {
  const tool = Object.values(value).find((item) => typeof item === 'string');
  const made = Object.values(value).find(isJsonObject);
  return tool === undefined ? value : { tool, arguments: made ?? {} };
}

function fittedObject(fields: readonly ShapeField[], value: Json, path: readonly string[]): Json {
  const here = fields.find((field) => field.path.length === path.length && isBelow(field, path));
  if (here !== undefined) return fittedTo(here, value);
  if (!isJsonObject(value)) return value;
  const names = new Set(fields.flatMap((field) => (isBelow(field, path) ? [field.path[path.length] ?? ''] : [])));
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]): [string, Json][] => {
      const name = names.has(key) ? key : [...names].find((one) => isSameName(one, key));
      if (name !== undefined) return [[name, fittedObject(fields, item ?? null, [...path, name])]];
      // A field that the teacher never fills, and that has nothing to say here either.
      return saysNothing(item) ? [] : [[key, item ?? null]];
    }),
  );
}

function isBelow({ path }: ShapeField, above: readonly string[]): boolean {
  return above.every((key, index) => path[index] === key);
}

function isSameName(one: string, other: string): boolean {
  const fold = (name: string): string => name.toLowerCase().replace(/[\s_-]+/g, '_');
  return fold(one) === fold(other);
}

function saysNothing(value: Json | undefined): boolean {
  return value === undefined || value === null || value === '' || (isList(value) && value.length === 0);
}

function fittedTo({ value: kind }: ShapeField, value: Json): Json {
  if (kind.kind === 'typed-spans' && isJsonObject(value)) return spansByType(value, kind);
  if (kind.kind === 'labels' || kind.kind === 'spans' || kind.kind === 'typed-spans')
    return typeof value === 'string' ? [value] : value;
  if (!isList(value)) return value;
  if (value.length === 0) return null;
  const joiner = kind.kind === 'span' ? (kind.joiner ?? ', ') : ', ';
  return value.length === 1 ? (value[0] ?? null) : value.map(String).join(joiner);
}

function spansByType(value: JsonObject, keys: { readonly textKey: string; readonly typeKey: string }): Json {
  return Object.entries(value).flatMap(([type, texts]) =>
    (isList(texts) ? texts : [texts ?? null])
      .filter((text) => !saysNothing(text))
      .map((text) => ({ [keys.textKey]: text, [keys.typeKey]: type })),
  );
}
