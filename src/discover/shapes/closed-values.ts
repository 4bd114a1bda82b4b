import { judgeClosed } from '../../learn/closed-set.ts';
import type { Json } from '../../records/call.ts';
import { canonicalJson, tidyJson } from '../../records/shapes/canonical-json.ts';
import { canonicalLabel } from '../../records/shapes/canonical-value.ts';
import type { FieldLabel } from '../../records/shapes/shape-field.ts';
import { sumOf, wordsIn } from '../shape-evidence.ts';

/** Values with how often each came. */
export interface CountedValue {
  readonly value: Json;
  readonly count: number;
}

export interface ClosedValues {
  readonly labels: readonly FieldLabel[];
  readonly isClosed: boolean;
  readonly unseenShare: number;
}

/** Labels kept a field: what came once and is long is no label but a slip. */
const mostLabels = 1000;
const mostWordsOfOnce = 8;

/** Values as labels, near-equal spellings merged, the most frequent first, and whether they are a closed set. `named`: text that may list them. */
export function closedValues(values: readonly CountedValue[], named: string): ClosedValues {
  const merged = new Map<string, { value: Json; written: Json; best: number; count: number }>();
  const spellings = new Map<string, CountedValue>();
  for (const { value, count } of values) {
    const key = canonicalJson(value);
    spellings.set(key, { value, count: (spellings.get(key)?.count ?? 0) + count });
  }
  for (const { value, count } of spellings.values()) {
    const label = canonicalLabel(tidyJson(value));
    const key = canonicalJson(label);
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { value: label, written: value, best: count, count });
    else {
      known.count += count;
      if (count > known.best) Object.assign(known, { written: value, best: count });
    }
  }
  const all = [...merged.values()].sort((a, b) => b.count - a.count);
  const folded = named.toLowerCase();
  const listed = all.filter(({ value }) => typeof value === 'string' && wordsIn(value) <= 6 && folded.includes(value));
  const isListed = sumOf(listed) >= 0.9 * sumOf(all);
  return {
    ...judgeClosed(
      all.map(({ count }) => count),
      isListed,
    ),
    labels: all
      .filter(({ value, count }) => count > 1 || typeof value !== 'string' || wordsIn(value) <= mostWordsOfOnce)
      .slice(0, mostLabels)
      .map(({ value, written, count }) => ({ value, written, count })),
  };
}
