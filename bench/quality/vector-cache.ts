import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..', '.cache', 'vectors');
const DIMENSIONS = 384;

/** The sentence vector of each text of a set, unit length. */
export type Vectors = ReadonlyMap<string, Float32Array>;

/** Vectors of a set from `bench/.cache/vectors`: `<set>.texts.json` and, in the same order, `<set>.f32`; null where they are not there. */
export function cachedVectors(set: string): Vectors | null {
  const texts = join(folder, `${set}.texts.json`);
  const floats = join(folder, `${set}.f32`);
  if (!existsSync(texts) || !existsSync(floats)) return null;
  const bytes = readFileSync(floats);
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const entries = (JSON.parse(readFileSync(texts, 'utf8')) as string[]).map(
    (text, row) => [text, all.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS)] as const,
  );
  return new Map(entries);
}
