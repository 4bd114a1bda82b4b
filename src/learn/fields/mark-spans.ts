import { isJsonObject, type Json } from '../../records/call.ts';
import { exactly, findSources, type Normaliser } from '../normalise/normaliser.ts';
import type { TaggedSpan } from '../tagger/tagger-contract.ts';
import type { Leaf } from './answer-tree.ts';
import { type FieldPlan, missingOf } from './field-plan.ts';

/** A value of an answer that should stand in the input, and the tag of its place there. */
interface Wanted {
  readonly tag: string;
  readonly value: string | number;
  readonly normaliser: Normaliser;
}

/** Between a field's path and the type of a span in it. */
const typeMark = '#';

export function tagOf(path: string, type?: string): string {
  return type === undefined ? path : `${path}${typeMark}${type}`;
}

/** The type that a tag names, behind its field's path. */
export function typeOfTag(tag: string, path: string): string {
  return tag.slice(path.length + typeMark.length);
}

/**
 * Where in the input the copied fields of one answer stand, no two places overlapping; null where a value stands
 * nowhere, for such an answer would teach that its place is none.
 */
export function markSpans(
  plans: readonly FieldPlan[],
  leaves: ReadonlyMap<string, Leaf>,
  slots: readonly string[],
): readonly TaggedSpan[] | null {
  const wanted: Wanted[] = [];
  for (const plan of plans) {
    const values = valuesOf(plan, leaves.get(plan.path), slots);
    if (values === null) return null;
    wanted.push(...values);
  }
  // The longest first: a short value may stand inside a long one, and elsewhere too.
  wanted.sort((a, b) => String(b.value).length - String(a.value).length);
  const taken: TaggedSpan[] = [];
  for (const { tag, value, normaliser } of wanted) {
    const free = findSources(value, slots, normaliser).find((span) => !taken.some((other) => overlap(span, other)));
    if (free === undefined) return null;
    taken.push({ tag, slot: free.slot, start: free.start, end: free.end });
  }
  return taken.sort((a, b) => a.slot - b.slot || a.start - b.start);
}

/** The copied values of a field; none where nothing is copied, null where the leaf is of another form. */
function valuesOf({ path, as }: FieldPlan, leaf: Leaf | undefined, slots: readonly string[]): readonly Wanted[] | null {
  if (as.kind !== 'span' && as.kind !== 'spans' && as.kind !== 'typed-spans') return [];
  const missing = missingOf(leaf);
  if (missing !== null) return missing === as.missing ? [] : null;
  if (as.kind === 'span') {
    if (typeof leaf !== 'string' && typeof leaf !== 'number') return null;
    const { normaliser, separator } = as;
    const isWhole = separator === null || findSources(leaf, slots, normaliser).length > 0;
    const parts = isWhole ? [leaf] : String(leaf).split(separator);
    return parts.map((value) => ({ tag: tagOf(path), value, normaliser }));
  }
  if (!Array.isArray(leaf)) return null;
  const items = leaf.map((item: Json): Wanted | null => {
    if (as.kind === 'spans')
      return typeof item === 'string' || typeof item === 'number'
        ? { tag: tagOf(path), value: item, normaliser: as.normaliser }
        : null;
    const [text, type] = isJsonObject(item) ? [item[as.textKey], item[as.typeKey]] : [];
    return typeof text === 'string' && typeof type === 'string'
      ? { tag: tagOf(path, type), value: text, normaliser: exactly }
      : null;
  });
  return items.every((item) => item !== null) ? items : null;
}

function overlap(a: Omit<TaggedSpan, 'tag'>, b: TaggedSpan): boolean {
  return a.slot === b.slot && a.start < b.end && b.start < a.end;
}
