import type { Json, JsonObject } from '../call.ts';
import { isJsonObject } from '../call.ts';
import { isList } from './canonical-json.ts';
import type { FieldTree } from './field-tree.ts';
import { inOrder, placeOf } from './item-order.ts';
import { type WrittenJson, WrittenNumber } from './json-style.ts';
import type { FieldLabel, FieldValue, ShapeField } from './shape-field.ts';

/** How the objects of a shape are written. */
export interface ObjectHabits {
  /** Paths of the objects whose keys stand as their values do in the input. */
  readonly byText: readonly (readonly string[])[];
  /** Objects inside the answer that are not written with all their fields when they say nothing. */
  readonly groups: readonly { readonly path: readonly string[]; readonly nothing: 'null' | 'left-out' }[];
}

/** The value that an answer with this canonical value holds, spelled and ordered as the teacher does. `text`: the input. */
export function writtenValue(
  tree: FieldTree,
  value: Json | undefined,
  habits: ObjectHabits,
  text: string,
): WrittenJson | undefined {
  return writeTree({ tree, value, path: [] }, habits, text);
}

interface Place {
  readonly tree: FieldTree;
  readonly value: Json | undefined;
  readonly path: readonly string[];
}

function writeTree({ tree, value, path }: Place, habits: ObjectHabits, text: string): WrittenJson | undefined {
  if (tree.field !== null) return writeField(tree.field, value, text);
  const object: JsonObject = isJsonObject(value) ? value : {};
  if (value === undefined) {
    const group = habits.groups.find((one) => isSamePath(one.path, path));
    if (group !== undefined) return group.nothing === 'null' ? null : undefined;
  }
  const keys = [...tree.children.keys()];
  const ordered = habits.byText.some((one) => isSamePath(one, path)) ? inTextOrder(keys, object, text) : keys;
  const entries = ordered.flatMap((key): [string, WrittenJson][] => {
    const child = tree.children.get(key);
    const item = Object.hasOwn(object, key) ? object[key] : undefined;
    const written =
      child === undefined ? undefined : writeTree({ tree: child, value: item, path: [...path, key] }, habits, text);
    return written === undefined ? [] : [[key, written]];
  });
  return Object.fromEntries(entries);
}

function isSamePath(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((key, index) => key === other[index]);
}

/** Keys by where their values stand in the input; those without a place keep theirs behind the one before them. */
export function inTextOrder(keys: readonly string[], object: JsonObject, text: string): readonly string[] {
  const filled = keys.filter((key) => object[key] !== undefined);
  return filled
    .map((key) => ({ key, place: placeOf(object[key] ?? null, text) }))
    .sort((a, b) => a.place - b.place)
    .map(({ key }) => key)
    .concat(keys.filter((key) => object[key] === undefined));
}

function writeField(
  { value: kind, nothing }: ShapeField,
  value: Json | undefined,
  text: string,
): WrittenJson | undefined {
  if (value === undefined) return nothing === 'null' ? null : nothing === 'left-out' ? undefined : nothing.text;
  switch (kind.kind) {
    case 'label':
      return writeLabel(value, kind.labels);
    case 'labels':
      return inOrder(items(value), kind.order, { text, keyOf: String }).map((item) => writeLabel(item, kind.labels));
    case 'number':
      return kind.type === 'string' && typeof value === 'number'
        ? writeNumber(value, kind.decimals)
        : asJsonNumber(value, kind.decimals);
    case 'span':
      return asJsonNumber(value, kind.decimals ?? null);
    case 'spans':
      return inOrder(items(value), kind.order, { text, keyOf: String }) as WrittenJson;
    case 'typed-spans':
      return writeTypedSpans(kind, value, text);
    case 'constant':
    case 'free':
      return value as WrittenJson;
  }
}

function writeLabel(value: Json, labels: readonly FieldLabel[]): WrittenJson {
  return (labels.find((label) => label.value === value)?.written ?? value) as WrittenJson;
}

function asJsonNumber(value: Json, decimals: number | null): WrittenJson {
  return typeof value === 'number' && decimals !== null
    ? new WrittenNumber(writeNumber(value, decimals))
    : (value as WrittenJson);
}

/** A number with so many decimals, or with as many as it has where those are too few. */
export function writeNumber(value: number, decimals: number | null): string {
  const fixed = decimals === null ? String(value) : value.toFixed(decimals);
  return Number(fixed) === value ? fixed : String(value);
}

function writeTypedSpans(kind: FieldValue & { kind: 'typed-spans' }, value: Json, text: string): WrittenJson {
  const spans = items(value).flatMap((item) => (isJsonObject(item) ? [item] : []));
  const ordered = inOrder(spans, kind.order, {
    text,
    keyOf: (span) => String(span.type),
    textOf: (span) => String(span.text),
  });
  return ordered.map((span) => {
    const entries: Record<'text' | 'type', [string, WrittenJson]> = {
      text: [kind.textKey, (span.text ?? '') as WrittenJson],
      type: [kind.typeKey, writeLabel(span.type ?? '', kind.types)],
    };
    return Object.fromEntries(kind.keys.map((key) => entries[key]));
  });
}

function items(value: Json): readonly Json[] {
  return isList(value) ? value : [];
}
