import { isJsonObject, type Json } from '../../records/call.ts';
import { canonicalJson, isList, tidyJson } from '../../records/shapes/canonical-json.ts';
import { canonicalLabel } from '../../records/shapes/canonical-value.ts';
import { inOrder } from '../../records/shapes/item-order.ts';
import type { FieldValue, ItemOrder } from '../../records/shapes/shape-field.ts';
import { type CountedValue, closedValues } from './closed-values.ts';
import { copiedShare } from './copied-share.ts';
import { unionOrder } from './order-of.ts';
import type { PlaceHints } from './place-hints.ts';
import type { ValueRow } from './value-rows.ts';

/** Lists that tell an order. */
const mostLists = 600;

interface ListRow {
  readonly items: readonly Json[];
  readonly count: number;
  readonly input: string | null;
}

/** Copied at least so often, a value is a span. */
export const fewestCopied = 0.6;

/** What a place holds whose values are lists. */
export function listValue(rows: readonly ValueRow[], place: PlaceHints): FieldValue {
  const lists = rows.flatMap(({ value, count, input }) => (isList(value) ? [{ items: value, count, input }] : []));
  const items = lists.flatMap(({ items: inside, count }) => inside.map((value) => ({ value, count })));
  if (items.length === 0) return { kind: 'constant', value: [] };
  const objects = items.filter(({ value }) => isJsonObject(value));
  if (objects.length === 0) return listOfScalars(lists, items, place);
  return objects.length === items.length ? (typedSpans(lists, place) ?? free) : free;
}

const free: FieldValue = { kind: 'free', what: 'list' };

function listOfScalars(lists: readonly ListRow[], items: readonly CountedValue[], place: PlaceHints): FieldValue {
  if (items.some(({ value }) => isList(value))) return free;
  const counted = items.filter(({ count }) => count > 0);
  const copied = place.copies(['*']) ?? copiedShare(itemRows(lists, (item) => item));
  const { isClosed, labels, unseenShare } = closedValues(counted, place.named);
  if (copied.share >= 0.97 && copied.seen >= 8 && !isClosed) return spans(lists, copied.share);
  if (isClosed) return { kind: 'labels', labels, unseenShare, order: orderOf(lists, labelKey, String) };
  return copied.share >= fewestCopied && items.every(({ value }) => typeof value === 'string')
    ? spans(lists, copied.share)
    : free;
}

function spans(lists: readonly ListRow[], copied: number): FieldValue {
  return { kind: 'spans', copied, order: orderOf(lists, () => '', String) };
}

/** Lists of objects of two texts: one of a closed set, the other copied from the input. */
function typedSpans(lists: readonly ListRow[], place: PlaceHints): FieldValue | null {
  const objects = lists.flatMap(({ items, count }) =>
    items.flatMap((item) => (isJsonObject(item) ? [{ item, count }] : [])),
  );
  const orders = objects.map(({ item, count }) => ({ keys: Object.keys(item), count }));
  const keys = unionOrder(orders);
  const [first, second] = keys;
  if (first === undefined || second === undefined || keys.length > 2) return null;
  if (!objects.every(({ item }) => typeof item[first] === 'string' && typeof item[second] === 'string')) return null;
  const valuesOf = (key: string): readonly CountedValue[] =>
    objects.map(({ item, count }) => ({ value: item[key] ?? null, count })).filter(({ count }) => count > 0);
  const [typeKey, textKey] = isMoreOpen(valuesOf(first), valuesOf(second), first) ? [second, first] : [first, second];
  const textOf = (item: Json): Json => (isJsonObject(item) ? (item[textKey] ?? null) : null);
  const typeOf = (item: Json): Json => (isJsonObject(item) ? (item[typeKey] ?? null) : null);
  const types = closedValues(valuesOf(typeKey), place.named);
  const copied = place.copies(['*', textKey]) ?? copiedShare(itemRows(lists, textOf));
  if (!types.isClosed || copied.share < fewestCopied) return null;
  return {
    kind: 'typed-spans',
    keys: first === textKey ? ['text', 'type'] : ['type', 'text'],
    textKey,
    typeKey,
    types: types.labels,
    copied: copied.share,
    order: orderOf(
      lists,
      (item) => labelKey(typeOf(item)),
      (item) => String(textOf(item)),
    ),
  };
}

/** Whether the values of the first key are more different than those of the second. The names decide where they are alike. */
function isMoreOpen(one: readonly CountedValue[], other: readonly CountedValue[], key: string): boolean {
  const different = (values: readonly CountedValue[]): number =>
    new Set(values.map(({ value }) => canonicalJson(value))).size;
  const [left, right] = [different(one), different(other)];
  return left === right ? !/type|label|kind|categor|class|entity$/i.test(key) : left > right;
}

function itemRows(lists: readonly ListRow[], pick: (item: Json) => Json): readonly ValueRow[] {
  return lists.flatMap(({ items, count, input }) => items.map((item) => ({ value: pick(item), count, input })));
}

/** The order that most of the lists of several items stand in. */
function orderOf(lists: readonly ListRow[], keyOf: (item: Json) => string, textOf: (item: Json) => string): ItemOrder {
  const several = lists.filter(({ items }) => items.length > 1).slice(-mostLists);
  const orders = several
    .filter(({ count }) => count > 0)
    .map(({ items, count }) => ({ keys: distinct(items.map(keyOf)), count }));
  const candidates: readonly ItemOrder[] = [
    { kind: 'alphabetical' },
    { kind: 'text' },
    { kind: 'precedence', first: unionOrder(orders) },
  ];
  const scored = candidates.map((order) => ({ order, share: shareInOrder(several, order, { keyOf, textOf }) }));
  return scored.reduce((best, one) => (one.share > best.share ? one : best)).order;
}

/** Share of the lists that stand in an order; for that of the input of those whose input is kept. */
function shareInOrder(
  lists: readonly ListRow[],
  order: ItemOrder,
  keys: { readonly keyOf: (item: Json) => string; readonly textOf: (item: Json) => string },
): number {
  const needsInput = order.kind === 'text';
  const seen = lists.filter(({ input }) => (input !== null) === needsInput);
  const kept = seen.filter(({ items, input }) => {
    const sorted = inOrder([...items].sort(byJson), order, { text: input ?? '', ...keys });
    return canonicalJson(sorted) === canonicalJson(items);
  });
  return seen.length === 0 ? 0 : kept.length / seen.length;
}

function labelKey(value: Json): string {
  return String(canonicalLabel(tidyJson(value)));
}

function byJson(a: Json, b: Json): number {
  return canonicalJson(a) < canonicalJson(b) ? -1 : 1;
}

function distinct(keys: readonly string[]): readonly string[] {
  return [...new Set(keys)];
}
