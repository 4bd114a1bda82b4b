import type { Json } from '../../records/call.ts';
import { canonicalJson } from '../../records/shapes/canonical-json.ts';
import { applyNormaliser } from '../normalise/normaliser.ts';
import type { TaggedSpan } from '../tagger/tagger-contract.ts';
import { type Leaf, putTogether } from './answer-tree.ts';
import { type FieldPlan, type Missing, missingLeaf } from './field-plan.ts';
import { tagOf, typeOfTag } from './mark-spans.ts';

/** What the heads of a student say to one input. */
export interface HeadsSay {
  /** Canonical JSON of each label field; nothing for a field that is not there. */
  readonly labels: ReadonlyMap<string, string>;
  /** Canonical JSON of each label of a field that lists several. */
  readonly sets: ReadonlyMap<string, readonly string[]>;
  readonly spans: readonly TaggedSpan[];
}

export interface Composed {
  /** Canonical JSON of the whole answer. */
  readonly answer: string;
  /** Two places claim a field that holds one, or a place holds what its normaliser cannot read. */
  readonly isDoubtful: boolean;
}

/** The whole answer that the heads' words make. */
export function composeAnswer(
  plans: readonly FieldPlan[],
  containers: readonly string[],
  says: HeadsSay,
  slots: readonly string[],
): Composed {
  const leaves = new Map<string, Leaf>();
  let isDoubtful = false;
  for (const plan of plans) {
    const said = leafOf(plan, says, slots);
    if (said.isDoubtful) isDoubtful = true;
    if (said.leaf !== undefined) leaves.set(plan.path, said.leaf);
  }
  return { answer: canonicalJson(putTogether({ leaves, containers })), isDoubtful };
}

interface Said {
  readonly leaf: Leaf | undefined;
  readonly isDoubtful?: boolean;
}

function leafOf({ path, as }: FieldPlan, { labels, sets, spans }: HeadsSay, slots: readonly string[]): Said {
  const textOf = ({ slot, start, end }: TaggedSpan): string => (slots[slot] ?? '').slice(start, end);
  switch (as.kind) {
    case 'constant':
      return { leaf: as.isThere ? as.leaf : undefined };
    case 'free':
      return { leaf: missingLeaf(as.missing) };
    case 'label': {
      const label = labels.get(path) ?? '';
      return { leaf: label === '' ? undefined : (JSON.parse(label) as Leaf) };
    }
    case 'labels':
      return {
        leaf: listOf(
          (sets.get(path) ?? []).map((label) => JSON.parse(label) as Json),
          as,
        ),
      };
    case 'typed-spans': {
      const items = spans
        .filter(({ tag }) => tag.startsWith(tagOf(path, '')))
        .map((span): Json => ({ [as.textKey]: textOf(span), [as.typeKey]: typeOfTag(span.tag, path) }));
      return { leaf: listOf(items, as) };
    }
    case 'spans': {
      const values = spans
        .filter(({ tag }) => tag === path)
        .map((span) => applyNormaliser(as.normaliser, textOf(span)));
      const read = values.filter((value) => value !== null);
      return { leaf: listOf(read, as), isDoubtful: read.length < values.length };
    }
    case 'span': {
      const values = spans
        .filter(({ tag }) => tag === path)
        .map((span) => applyNormaliser(as.normaliser, textOf(span)));
      const read = values.filter((value) => value !== null);
      const [first] = read;
      if (first === undefined) return { leaf: missingLeaf(as.missing), isDoubtful: values.length > 0 };
      return {
        leaf: read.length > 1 && as.separator !== null ? read.join(as.separator) : first,
        isDoubtful: read.length < values.length || (read.length > 1 && as.separator === null),
      };
    }
  }
}

function listOf(
  items: readonly Json[],
  as: { readonly isSorted: boolean; readonly missing: Missing },
): Leaf | undefined {
  if (items.length === 0) return missingLeaf(as.missing);
  if (!as.isSorted) return items;
  return [...items].sort((a, b) => (canonicalJson(a) < canonicalJson(b) ? -1 : 1));
}
