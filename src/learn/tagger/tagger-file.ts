import { packFile, unpackFile } from '../packed-file.ts';
import type { StudentReading } from '../student-contract.ts';

/** The readable part of a tagger file. */
export interface TaggerManifest {
  readonly format: 'rightsize-tagger';
  readonly version: number;
  readonly tags: readonly string[];
  /** Slots that spans were found in; the others are not searched. */
  readonly slots: readonly number[];
  /** Features with weights. */
  readonly features: number;
  /** Features of tokens' own letters that are known and weigh nothing. */
  readonly familiar: number;
  readonly pairs: number;
  /** What all scores are divided by, so that probabilities are as large as held-out rows say. */
  readonly temperature: number;
  readonly trained: { readonly rows: number; readonly spans: number; readonly seed: number };
}

/** Everything in a tagger file. */
export interface TaggerContents {
  readonly manifest: TaggerManifest;
  /** Hash of each feature, those with weights first. */
  readonly hashes: Int32Array;
  /** Weights of each feature, 255 at most. */
  readonly pairCounts: Uint8Array;
  /** What one step of a feature's weights is worth. */
  readonly scales: Float32Array;
  /** Part that each weight belongs to (`tag-states.ts`). */
  readonly parts: Uint16Array;
  readonly weights: Int8Array;
  /** Between, then within (`chain.ts`). */
  readonly transitions: Float32Array;
}

export const taggerVersion = 1;
const kind = { magic: 'RSTAGGER', name: 'the tagger', version: taggerVersion };

/** The arrays are little-endian, the widest first. */
export function writeTaggerFile({ manifest, ...arrays }: TaggerContents): Uint8Array {
  const { hashes, scales, transitions, parts, pairCounts, weights } = arrays;
  return packFile(kind, manifest, [hashes, scales, transitions, parts, pairCounts, weights]);
}

/** @throws RightsizeError `student_damaged` for anything that is not a whole, unaltered tagger of a known version. */
export function parseTaggerFile(bytes: Uint8Array, reading: StudentReading = {}): TaggerContents {
  const { manifest, payload } = unpackFile<TaggerManifest>(kind, bytes, reading);
  const { features, familiar, pairs } = manifest;
  const tags = manifest.tags.length;
  const steps = (tags + 2) ** 2 + 4 * tags;
  return {
    manifest,
    hashes: new Int32Array(payload.bytes(4 * (features + familiar)).buffer),
    scales: new Float32Array(payload.bytes(4 * features).buffer),
    transitions: new Float32Array(payload.bytes(4 * steps).buffer),
    parts: new Uint16Array(payload.bytes(2 * pairs).buffer),
    pairCounts: payload.bytes(features),
    weights: new Int8Array(payload.bytes(pairs).buffer),
  };
}
