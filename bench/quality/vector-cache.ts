import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Git ignores it. */
export const cacheFolder = join(import.meta.dirname, '..', '.cache');
const DIMENSIONS = 384;

/** The sentence vector of each text of a set, unit length. */
export type Vectors = ReadonlyMap<string, Float32Array>;

/** Which encoder the vectors are of, as a student remembers it. */
export const benchEncoder = { id: 'minilm-l6-int8', dimensions: DIMENSIONS } as const;

/** `<set>.texts.json`, its texts, and `<set>.f32`, in the same order little-endian floats; null where they are not there. */
export function cachedVectors(set: string): Vectors | null {
  const { texts, floats } = filesOf(set);
  if (!existsSync(texts) || !existsSync(floats)) return null;
  const bytes = readFileSync(floats);
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const entries = (JSON.parse(readFileSync(texts, 'utf8')) as string[]).map(
    (text, row) => [text, all.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS)] as const,
  );
  return new Map(entries);
}

/** The floats come last and at once: a set is there or it is not. */
export function writeVectors(set: string, texts: readonly string[], vectors: readonly Float32Array[]): void {
  const files = filesOf(set);
  mkdirSync(join(cacheFolder, 'vectors'), { recursive: true });
  writeFileSync(files.texts, JSON.stringify(texts));
  writeFileSync(
    `${files.floats}.part`,
    Buffer.concat(vectors.map((vector) => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength))),
  );
  renameSync(`${files.floats}.part`, files.floats);
}

function filesOf(set: string): { readonly texts: string; readonly floats: string } {
  const base = join(cacheFolder, 'vectors', set);
  return { texts: `${base}.texts.json`, floats: `${base}.f32` };
}
