import { packFile, unpackFile } from '../packed-file.ts';
import type { EncoderNeed, StudentReading } from '../student-contract.ts';

/** The readable part of a label-set head's file. */
export interface LabelSetManifest {
  readonly format: 'rightsize-label-set';
  readonly version: number;
  /** Canonical JSON of each label. */
  readonly labels: readonly string[];
  readonly features: { readonly count: number; readonly unknownIdf: number };
  /** Null where n-grams are enough. */
  readonly encoder: EncoderNeed | null;
  /** Columns of a weight row: the labels, padded. */
  readonly width: number;
  readonly temperature: number;
  /** Sets of labels that answers had, as positions in `labels`, and the logarithm of what each is likelier than its labels say. */
  readonly sets: readonly { readonly members: readonly number[]; readonly bonus: number }[];
}

export interface LabelSetContents {
  readonly manifest: LabelSetManifest;
  /** Hash of each n-gram's column. */
  readonly hashes: Int32Array;
  readonly idf: Float32Array;
  /** One a column: the n-grams, the bias, the dimensions of the vector. */
  readonly scales: Float32Array;
  /** Columns × width. */
  readonly weights: Int8Array;
}

const kind = { magic: 'RSLABSET', name: 'the head of several labels', version: 1 };
export const labelSetVersion = kind.version;

export function writeLabelSetFile({ manifest, hashes, idf, scales, weights }: LabelSetContents): Uint8Array {
  return packFile(kind, manifest, [hashes, idf, scales, weights]);
}

/** @throws RightsizeError `student_damaged`. */
export function parseLabelSetFile(bytes: Uint8Array, reading: StudentReading = {}): LabelSetContents {
  const { manifest, payload } = unpackFile<LabelSetManifest>(kind, bytes, reading);
  const { count } = manifest.features;
  const columns = count + 1 + (manifest.encoder?.dimensions ?? 0);
  return {
    manifest,
    hashes: new Int32Array(payload.bytes(4 * count).buffer),
    idf: new Float32Array(payload.bytes(4 * count).buffer),
    scales: new Float32Array(payload.bytes(4 * columns).buffer),
    weights: new Int8Array(payload.bytes(columns * manifest.width).buffer),
  };
}
