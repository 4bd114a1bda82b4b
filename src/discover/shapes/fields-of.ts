import { isJsonObject, type Json } from '../../records/call.ts';
import type { OutputShape } from '../../records/output-shape.ts';
import { canonicalJson, isList } from '../../records/shapes/canonical-json.ts';
import type { FieldValue, Nothing, ShapeField } from '../../records/shapes/shape-field.ts';
import type { ObjectHabits } from '../../records/shapes/written-value.ts';
import type { CopyLookup } from './copy-counts.ts';
import { listValue } from './list-value.ts';
import { unionOrder } from './order-of.ts';
import type { PlaceHints } from './place-hints.ts';
import { scalarValue } from './scalar-value.ts';
import { propertiesAt } from './schema.ts';
import { countOf, isPlaceholder, saysSomething, type ValueRow } from './value-rows.ts';

export interface FieldHints {
  /** Text of the prompt that may list the values of a closed set. */
  readonly constants: string;
  /** The JSON schema of the answers; undefined where there is none. */
  readonly schema?: Json | undefined;
  /** How often what stood at a path was copied, counted over all answers. */
  readonly copies?: CopyLookup;
  /** What the answers were last held to be. */
  readonly before?: OutputShape | null | undefined;
}

export interface FoundFields {
  readonly fields: readonly ShapeField[];
  readonly groups: ObjectHabits['groups'];
}

/** Keys that only one answer has are an object's own, not the shape's. More than this share of them: any key may come. */
const mostOwnKeys = 0.1;
const mostKeys = 200;
/** More answers than this share hold something else than the rest: the place is of no one kind. */
const mostOfOtherKind = 0.3;

/** The fields of answers, told from what stood at each place. */
export function fieldsOf(rows: readonly ValueRow[], hints: FieldHints): FoundFields {
  const groups: { path: readonly string[]; nothing: 'null' | 'left-out' }[] = [];
  const total = Math.max(1, countOf(rows));
  const visit = (path: readonly string[], here: readonly ValueRow[]): readonly ShapeField[] => {
    const keys = objectKeys(here, propertiesAt(hints.schema, path));
    if (keys === null) return [leafField({ path, rows: here, total }, hints)];
    const group = path.length === 0 ? null : groupNothing(here);
    if (group !== null) groups.push({ path, nothing: group });
    const below = rowsByKey(here, keys);
    return keys.flatMap((key) => visit([...path, key], below.get(key) ?? []));
  };
  return { fields: visit([], rows), groups };
}

/** What stood at each key. Answers that say nothing there are one row for all, since most fields of a tool call are silent in most calls. */
function rowsByKey(rows: readonly ValueRow[], keys: readonly string[]): ReadonlyMap<string, readonly ValueRow[]> {
  const below = new Map(keys.map((key) => [key, { rows: [] as ValueRow[], nulls: 0, there: 0 }]));
  let total = 0;
  for (const { value, count, input } of rows) {
    if (!isJsonObject(value)) continue;
    total += count;
    for (const [key, item] of Object.entries(value)) {
      const place = below.get(key);
      if (place === undefined || item === undefined) continue;
      place.there += count;
      if (item === null) place.nulls += count;
      else place.rows.push({ value: item, count, input });
    }
  }
  for (const { rows: said, nulls, there } of below.values()) {
    if (nulls > 0) said.push({ value: null, count: nulls, input: null });
    if (total > there) said.push({ value: undefined, count: total - there, input: null });
  }
  return new Map([...below].map(([key, { rows: said }]) => [key, said]));
}

/** The keys of a place that holds objects, in the order they are written; null where it holds something else, or objects with any keys. */
function objectKeys(rows: readonly ValueRow[], preferred: readonly string[]): readonly string[] | null {
  const counted = rows.filter(({ count, value }) => count > 0 && saysSomething(value));
  const objects = counted.flatMap(({ value, count }) =>
    isJsonObject(value) ? [{ keys: Object.keys(value), count }] : [],
  );
  const total = countOf(counted);
  const found = objects.reduce((sum, { count }) => sum + count, 0);
  if (found === 0 || total - found > mostOfOtherKind * total) return null;
  const counts = new Map<string, number>();
  for (const { keys, count } of objects) for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + count);
  const once = [...counts.values()].filter((count) => count === 1).length;
  const known = [...counts].filter(([, count]) => count > 1 || found < 10).map(([key]) => key);
  if (known.length === 0 || known.length > mostKeys || once > mostOwnKeys * found + 1) return null;
  const isKnown = new Set(known);
  return unionOrder(
    objects.map(({ keys, count }) => ({ keys: keys.filter((key) => isKnown.has(key)), count })),
    preferred,
  );
}

/** How an object inside the answer is written that says nothing; null where it is written with all its fields. */
function groupNothing(rows: readonly ValueRow[]): 'null' | 'left-out' | null {
  const nulls = countOf(rows.filter(({ value }) => value === null));
  const leftOut = countOf(rows.filter(({ value }) => value === undefined));
  if (nulls === 0 && leftOut === 0) return null;
  const hollow = countOf(rows.filter(({ value }) => isJsonObject(value) && isHollow(value)));
  if (hollow > nulls + leftOut) return null;
  return nulls >= leftOut ? 'null' : 'left-out';
}

function isHollow(value: Json): boolean {
  return isJsonObject(value) ? Object.values(value).every((item) => isHollow(item ?? null)) : !saysSomething(value);
}

interface Leaf {
  readonly path: readonly string[];
  readonly rows: readonly ValueRow[];
  /** Answers in all. */
  readonly total: number;
}

function leafField({ path, rows, total }: Leaf, hints: FieldHints): ShapeField {
  const place: PlaceHints = {
    named: hints.constants,
    copies: (below) => hints.copies?.([...path, ...below]) ?? null,
    before: kindBefore(hints.before, path),
  };
  const plain = kindOfPlace(rows, place);
  // In a closed set the word for nothing is a value like any other.
  const word = plain.kind === 'label' || plain.kind === 'constant' ? null : wordForNothing(rows);
  const said = word === null ? rows : rows.map((row) => (isWord(row.value, word) ? { ...row, value: null } : row));
  return {
    path,
    value: word === null ? plain : kindOfPlace(said, place),
    nothing: nothingOf(rows, word),
    presence: countOf(said.filter(({ value }) => saysSomething(value))) / total,
  };
}

function kindBefore(shape: OutputShape | null | undefined, path: readonly string[]): FieldValue['kind'] | null {
  const fields = shape != null && 'fields' in shape ? shape.fields : [];
  return fields.find((field) => canonicalJson(field.path) === canonicalJson(path))?.value.kind ?? null;
}

function kindOfPlace(rows: readonly ValueRow[], place: PlaceHints): FieldValue {
  const said = rows.filter(({ value }) => saysSomething(value));
  const all = countOf(said);
  const lists = countOf(said.filter(({ value }) => isList(value)));
  const objects = countOf(said.filter(({ value }) => isJsonObject(value)));
  if (lists > 0 && lists >= (1 - mostOfOtherKind) * all) return listValue(rows, place);
  if (objects > mostOfOtherKind * all) return { kind: 'free', what: 'object' };
  if (lists > mostOfOtherKind * all) return { kind: 'free', what: 'mixed' };
  return scalarValue(
    rows.filter(({ value }) => !isList(value) && !isJsonObject(value)),
    place,
  );
}

/** What stands most often where a field says nothing. */
function nothingOf(rows: readonly ValueRow[], word: string | null): Nothing {
  const nulls = countOf(rows.filter(({ value }) => value === null));
  const leftOut = countOf(rows.filter(({ value }) => value === undefined));
  const empty = countOf(rows.filter(({ value }) => value === ''));
  if (word !== null) return { text: word };
  if (empty > Math.max(nulls, leftOut)) return { text: '' };
  return nulls > leftOut || (nulls === 0 && leftOut === 0) ? 'null' : 'left-out';
}

/** The word that is written where nothing can be said, where it is so more often than by null or nothing at all; null else. */
function wordForNothing(rows: readonly ValueRow[]): string | null {
  const words = new Map<string, number>();
  for (const { value, count } of rows)
    if (typeof value === 'string' && isPlaceholder(value)) words.set(value, (words.get(value) ?? 0) + count);
  const [word, count] = [...words].reduce((best, one) => (one[1] > best[1] ? one : best), ['', 0] as const);
  const empty = countOf(rows.filter(({ value }) => !saysSomething(value)));
  return count > empty && count > 1 ? word : null;
}

function isWord(value: Json | undefined, word: string): boolean {
  return typeof value === 'string' && value.trim().toLowerCase() === word.trim().toLowerCase();
}
