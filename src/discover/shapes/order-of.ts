/** Keys as lists of them stand. */
export interface CountedOrder {
  readonly keys: readonly string[];
  readonly count: number;
}

/** Lists looked at, and keys in one order. */
const mostLists = 500;
const mostKeys = 100;

/**
 * One order for all keys: of every two the one that comes first more often; of those that never met, the one that usually stands
 * nearer to the start. Sorted by taking, time after time, the key that the fewest of the rest want before it (Kahn 1962, with
 * majorities for edges, which may form circles).
 */
export function unionOrder(orders: readonly CountedOrder[], preferred: readonly string[] = []): readonly string[] {
  const looked = orders.slice(0, mostLists);
  const places = new Map<string, { sum: number; count: number }>();
  for (const { keys, count } of looked)
    keys.forEach((key, index) => {
      const known = places.get(key) ?? { sum: 0, count: 0 };
      places.set(key, { sum: known.sum + count * (index / keys.length), count: known.count + count });
    });
  const usual = (key: string): number => (places.get(key)?.sum ?? 0) / (places.get(key)?.count ?? 1);
  const rankOf = new Map(preferred.map((key, index) => [key, index]));
  const left = [...places.keys()]
    .sort((a, b) => (rankOf.get(a) ?? preferred.length) - (rankOf.get(b) ?? preferred.length) || usual(a) - usual(b))
    .slice(0, mostKeys);
  const votes = pairVotes(looked);
  const isBefore = (a: string, b: string): boolean => (votes.get(a)?.get(b) ?? 0) > (votes.get(b)?.get(a) ?? 0);
  const wanted = new Map(left.map((key) => [key, left.filter((other) => isBefore(other, key)).length]));
  const sorted: string[] = [];
  while (left.length > 0) {
    const best = left.reduce((least, key) => ((wanted.get(key) ?? 0) < (wanted.get(least) ?? 0) ? key : least));
    sorted.push(best);
    left.splice(left.indexOf(best), 1);
    for (const key of left) if (isBefore(best, key)) wanted.set(key, (wanted.get(key) ?? 0) - 1);
  }
  return sorted;
}

/** How often one key stands before another. */
function pairVotes(orders: readonly CountedOrder[]): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const votes = new Map<string, Map<string, number>>();
  for (const { keys, count } of orders)
    keys.slice(0, mostKeys).forEach((key, index) => {
      const behind = votes.get(key) ?? new Map<string, number>();
      for (const other of keys.slice(index + 1, mostKeys)) behind.set(other, (behind.get(other) ?? 0) + count);
      votes.set(key, behind);
    });
  return votes;
}
