import type { Json } from '../call.ts';
import { canonicalJson, isList } from './canonical-json.ts';
import { findText } from './find-text.ts';
import type { ItemOrder } from './shape-field.ts';

interface ItemKeys<Item> {
  /** The input. */
  readonly text: string;
  /** What a precedence ranks: the label, or the type of a span. */
  readonly keyOf: (item: Item) => string;
  /** What stands in the input, and what the alphabet orders. The key, where it is not given. */
  readonly textOf?: (item: Item) => string;
}

/** The items of a list as a teacher orders them. Ties keep their order. */
export function inOrder<Item extends Json>(
  items: readonly Item[],
  order: ItemOrder,
  { text, keyOf, textOf = keyOf }: ItemKeys<Item>,
): readonly Item[] {
  if (order.kind === 'alphabetical')
    return [...items].sort((a, b) => (textOf(a) === textOf(b) ? 0 : textOf(a) < textOf(b) ? -1 : 1));
  const places = placesOf(items, text, textOf);
  const byPlace = items.map((item, index) => ({ item, place: places[index]! })).sort((a, b) => a.place - b.place);
  if (order.kind === 'text') return byPlace.map(({ item }) => item);
  const rank = new Map(order.first.map((key, index) => [key, index]));
  return byPlace
    .map(({ item }) => ({ item, rank: rank.get(keyOf(item)) ?? rank.size }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

/** Where each item stands: equal texts take one occurrence after the other. */
function placesOf<Item extends Json>(
  items: readonly Item[],
  text: string,
  textOf: (item: Item) => string,
): readonly number[] {
  const next = new Map<string, number>();
  return items.map((item) => {
    const part = textOf(item);
    const at = text.indexOf(part, next.get(part) ?? 0);
    if (at >= 0) next.set(part, at + Math.max(1, part.length));
    return at < 0 ? text.length : at;
  });
}

/** Where a value stands in a text, as whole words and in whatever case; the text's end where it does not. */
export function placeOf(value: Json, text: string): number {
  if (isList(value)) return Math.min(text.length, ...value.map((item) => placeOf(item, text)));
  if (typeof value === 'object' && value !== null) return text.length;
  const part = typeof value === 'string' ? value : canonicalJson(value);
  const [exact] = findText(text, part);
  if (exact !== undefined) return exact.start;
  const [loose] = findText(text.toLowerCase(), part.toLowerCase());
  // Several texts in one value stand where the first of them does.
  const piece = part.split(/,\s?|; | \/ |\n/)[0];
  return loose?.start ?? (piece === undefined || piece === part ? text.length : placeOf(piece, text));
}
