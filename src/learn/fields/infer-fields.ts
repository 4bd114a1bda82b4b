import type { Json } from '../../records/call.ts';
import { isJsonObject } from '../../records/call.ts';
import { canonicalJson } from '../../records/shapes/canonical-json.ts';
import { judgeClosed } from '../closed-set.ts';
import { chooseNormaliser, type Valued } from '../normalise/choose-normaliser.ts';
import { exactly, findSources, type Normaliser } from '../normalise/normaliser.ts';
import type { Leaf } from './answer-tree.ts';
import type { FieldKind, FieldPlan, Missing } from './field-plan.ts';
import { missingOf } from './field-plan.ts';

/** One answer taken apart, beside the input it answers. */
export interface TakenApart {
  readonly slots: readonly string[];
  readonly leaves: ReadonlyMap<string, Leaf>;
}

/** A field of which fewer answers are copies is no copied field. */
const leastCopied = 0.6;
/** From here on the copies are the rule, and a value outside the input an accident. */
const mostlyCopied = 0.95;
/** A field that a closed set or copies explain in fewer answers is free. */
const leastExplained = 0.3;
/** Copies are looked for in so many answers of a field, evenly spread. */
const looksEnough = 2_000;

/** How each field of these answers can be learned, in the order of their paths. */
export function inferFields(rows: readonly TakenApart[]): readonly FieldPlan[] {
  const paths = [...new Set(rows.flatMap(({ leaves }) => [...leaves.keys()]))].sort();
  return paths.map((path) => inferField(path, rows));
}

/** How one field can be learned. */
export function inferField(path: string, rows: readonly TakenApart[]): FieldPlan {
  const stride = Math.max(1, Math.ceil(rows.length / looksEnough));
  const seen = rows.filter((_, at) => at % stride === 0);
  const leaves = seen.map((row) => row.leaves.get(path));
  const missing = usualMissing(leaves);
  const saying = seen.filter((row) => missingOf(row.leaves.get(path)) === null);
  const constant = constantKind(leaves);
  if (constant !== null) return { path, explained: 1, as: constant };
  const isListed = saying.some((row) => Array.isArray(row.leaves.get(path)));
  const copied = isListed ? copiedList(path, saying, missing) : copiedText(path, saying, missing);
  if (copied !== null && copied.explained >= mostlyCopied) return { path, ...copied };
  const listed = isListed ? closedList(path, saying, missing) : null;
  if (listed !== null && listed.explained > (copied?.explained ?? 0)) return { path, ...listed };
  const closed = closedShare(leaves);
  if (closed >= Math.max(copied?.explained ?? 0, leastExplained))
    return { path, explained: closed, as: { kind: 'label' } };
  if (copied !== null && copied.explained >= leastCopied) return { path, ...copied };
  return { path, explained: 1 - saying.length / seen.length, as: { kind: 'free', missing } };
}

function constantKind(leaves: readonly (Leaf | undefined)[]): FieldKind | null {
  const first = leafText(leaves[0]);
  if (leaves.some((leaf) => leafText(leaf) !== first)) return null;
  return { kind: 'constant', leaf: leaves[0] ?? null, isThere: leaves[0] !== undefined };
}

/** What stands most often where nothing is said; absent where something always is. */
function usualMissing(leaves: readonly (Leaf | undefined)[]): Missing {
  const counts = new Map<Missing, number>();
  for (const leaf of leaves) {
    const missing = missingOf(leaf);
    if (missing !== null) counts.set(missing, (counts.get(missing) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'absent';
}

/** A leaf as the label of a closed set: canonical JSON, and nothing for a field that is not there. */
export function leafText(leaf: Leaf | undefined): string {
  return leaf === undefined ? '' : canonicalJson(leaf as Json);
}

/** Share of the answers whose value came twice, or that say nothing; 0 where the values go on being new. */
function closedShare(leaves: readonly (Leaf | undefined)[]): number {
  const counts = new Map<string, number>();
  for (const leaf of leaves)
    if (missingOf(leaf) === null) counts.set(leafText(leaf), (counts.get(leafText(leaf)) ?? 0) + 1);
  if (!judgeClosed([...counts.values()]).isClosed) return 0;
  const once = [...counts.values()].filter((count) => count === 1).length;
  return 1 - once / leaves.length;
}

type Copied = Pick<FieldPlan, 'explained' | 'as'>;

function copiedText(path: string, saying: readonly TakenApart[], missing: Missing): Copied | null {
  const values = saying.flatMap(({ slots, leaves }) => {
    const leaf = leaves.get(path);
    return typeof leaf === 'string' || typeof leaf === 'number' ? [{ value: leaf, slots }] : [];
  });
  if (values.length < saying.length * leastCopied || values.length === 0) return null;
  const { normaliser, share } = chooseNormaliser(values);
  const separator = share < 1 ? findSeparator(values, normaliser) : null;
  const explained = separator === null ? share : shareOf(values, (one) => areSources(one, normaliser, separator));
  return {
    explained: (explained * values.length) / saying.length,
    as: { kind: 'span', normaliser, separator, missing },
  };
}

/** The separator that makes copies of most values which are none as a whole. */
function findSeparator(values: readonly Valued[], normaliser: Normaliser): string | null {
  const whole = values.filter((one) => !areSources(one, normaliser, null));
  const found = [', ', '; ', ' and ', ' | ', ',', ';', '|', '\n'].map((separator) => ({
    separator,
    count: whole.filter((one) => String(one.value).includes(separator) && areSources(one, normaliser, separator))
      .length,
  }));
  const best = found.reduce((a, b) => (b.count > a.count ? b : a));
  return best.count >= 2 ? best.separator : null;
}

function areSources({ value, slots }: Valued, normaliser: Normaliser, separator: string | null): boolean {
  const isCopy = (part: string | number): boolean => findSources(part, slots, normaliser).length > 0;
  return isCopy(value) || (separator !== null && String(value).split(separator).every(isCopy));
}

/** Values of a closed set, several in one answer. */
function closedList(path: string, saying: readonly TakenApart[], missing: Missing): Copied | null {
  const lists = saying.map(({ leaves }) => leaves.get(path)).filter(Array.isArray) as (readonly Json[])[];
  const items = lists.flat();
  if (lists.length < saying.length || items.some((item) => typeof item === 'object')) return null;
  const counts = new Map<string, number>();
  for (const item of items) counts.set(canonicalJson(item), (counts.get(canonicalJson(item)) ?? 0) + 1);
  if (!judgeClosed([...counts.values()]).isClosed) return null;
  const explained = shareOf(lists, (list) => list.every((item) => (counts.get(canonicalJson(item)) ?? 0) > 1));
  return { explained, as: { kind: 'labels', missing, isSorted: areSorted(lists) } };
}

function areSorted(lists: readonly (readonly Json[])[]): boolean {
  return lists.every((list) => isInOrder(list.map((item) => canonicalJson(item))));
}

function copiedList(path: string, saying: readonly TakenApart[], missing: Missing): Copied | null {
  const lists = saying.flatMap(({ slots, leaves }) => {
    const leaf = leaves.get(path);
    return Array.isArray(leaf) ? [{ list: leaf as readonly Json[], slots }] : [];
  });
  if (lists.length < saying.length * leastCopied) return null;
  const isSorted = areSorted(lists.map(({ list }) => list));
  if (lists.every(({ list }) => list.every((item) => typeof item === 'string' || typeof item === 'number'))) {
    const texts = lists.flatMap(({ list, slots }) => list.map((value) => ({ value: value as string | number, slots })));
    const { normaliser } = chooseNormaliser(texts);
    const explained = shareOf(lists, ({ list, slots }) =>
      list.every((value) => findSources(value as string | number, slots, normaliser).length > 0),
    );
    return { explained, as: { kind: 'spans', normaliser, missing, isSorted } };
  }
  const keys = typedKeys(lists);
  if (keys === null) return null;
  const explained = shareOf(lists, ({ list, slots }) =>
    list.every((item) => isJsonObject(item) && isTypedCopy(item, keys, slots)),
  );
  return { explained, as: { kind: 'typed-spans', ...keys, missing, isSorted } };
}

/** Which key of a list's objects holds a copied text and which a type; null where they hold anything else. */
function typedKeys(
  lists: readonly { readonly list: readonly Json[]; readonly slots: readonly string[] }[],
): { readonly textKey: string; readonly typeKey: string } | null {
  const items = lists.flatMap(({ list, slots }) => list.map((item) => ({ item, slots })));
  const keys = [...new Set(items.flatMap(({ item }) => (isJsonObject(item) ? Object.keys(item) : [''])))];
  const [first, second] = keys;
  if (keys.length !== 2 || first === undefined || second === undefined) return null;
  const copies = (key: string): number =>
    items.filter(({ item, slots }) => {
      const value = isJsonObject(item) ? item[key] : undefined;
      return typeof value === 'string' && findSources(value, slots, exactly).length > 0;
    }).length;
  return copies(first) >= copies(second) ? { textKey: first, typeKey: second } : { textKey: second, typeKey: first };
}

function isTypedCopy(
  item: Readonly<Record<string, Json | undefined>>,
  { textKey, typeKey }: { readonly textKey: string; readonly typeKey: string },
  slots: readonly string[],
): boolean {
  const [text, type] = [item[textKey], item[typeKey]];
  return typeof text === 'string' && typeof type === 'string' && findSources(text, slots, exactly).length > 0;
}

function isInOrder(texts: readonly string[]): boolean {
  return texts.every((text, at) => at === 0 || (texts[at - 1] as string) <= text);
}

function shareOf<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  return items.length === 0 ? 0 : items.filter(holds).length / items.length;
}
