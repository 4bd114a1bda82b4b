/** Shorter stretches than this are not worth pointing at. */
const stretch = 12;

/**
 * What at least `minimum` of the samples have in common: the stretches of 12 or more characters, each once, in the
 * order in which they first stand. Text of one sample alone never gets in, so nobody's content outlives their call.
 */
export function sharedText(samples: readonly string[], minimum: number, limit = 30_000): string {
  const owners = countOwners(samples);
  const taken = new Set<string>();
  let result = '';
  for (const sample of samples) {
    let end = 0;
    for (let start = 0; start + stretch <= sample.length; start++) {
      const piece = sample.slice(start, start + stretch);
      if ((owners.get(piece)?.count ?? 0) < minimum || taken.has(piece)) continue;
      taken.add(piece);
      result += sample.slice(Math.max(start, end), start + stretch);
      end = start + stretch;
    }
    if (result.length >= limit) return result.slice(0, limit);
  }
  return result;
}

function countOwners(samples: readonly string[]): ReadonlyMap<string, { count: number; last: number }> {
  const owners = new Map<string, { count: number; last: number }>();
  samples.forEach((sample, index) => {
    for (let start = 0; start + stretch <= sample.length; start++) {
      const piece = sample.slice(start, start + stretch);
      const owner = owners.get(piece);
      if (!owner) owners.set(piece, { count: 1, last: index });
      else if (owner.last !== index) {
        owner.count++;
        owner.last = index;
      }
    }
  });
  return owners;
}

/** Every stretch of 12 characters in a text. */
export function* stretchesOf(text: string): Iterable<string> {
  for (let start = 0; start + stretch <= text.length; start++) yield text.slice(start, start + stretch);
}
