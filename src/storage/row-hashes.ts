import type { FoundReference } from './call-store.ts';
import type { StudentEntry } from './student-store.ts';

/** 53 bits of a text: among 20,000 rows one in ten million millions is taken for another. */
function hashOf(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let place = 0; place < text.length; place++) {
    const code = text.charCodeAt(place);
    high = Math.imul(high ^ code, 0x9e3779b1);
    low = Math.imul(low ^ code, 0x5f356495);
  }
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  return (high & 0x1fffff) * 0x1_0000_0000 + (low >>> 0);
}

/** The ids of calls as eight bytes each. */
export function packRowHashes(ids: readonly string[]): Uint8Array {
  return new Uint8Array(Float64Array.from(ids, hashOf).buffer);
}

/** How many erased calls are among the rows of a student; `hashes` null where nobody wrote them down. */
export function countErasedRows(
  { version, createdAt }: Pick<StudentEntry, 'version' | 'createdAt'>,
  hashes: Uint8Array | null,
  erased: readonly FoundReference[],
): number {
  if (hashes === null) return erased.filter(({ at, match }) => match?.version === version && at <= createdAt).length;
  const wanted = new Set(erased.map(({ id }) => hashOf(id)));
  return new Float64Array(hashes.slice().buffer).reduce((count, hash) => count + Number(wanted.has(hash)), 0);
}
