/** A source of numbers from 0 (included) to 1 (excluded). Comes in as an argument, so tests choose it. */
export type Random = () => number;

/** Mulberry32: small, fast, 32 bits of state; the same seed gives the same numbers on every machine. */
export function seededRandom(seed: number): Random {
  let state = Math.imul(seed, 2654435761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Fisher–Yates; leaves its argument alone. */
export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j] as Item, result[i] as Item];
  }
  return result;
}

/** Coins of its own for everything that has a name: the same name and seed give the same numbers (FNV-1a of the name). */
export function coinsOf(name: string, seed: number): Random {
  let hash = 2166136261;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619);
  return seededRandom(seed ^ hash);
}
