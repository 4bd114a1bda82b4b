import { RightsizeError } from '../errors.ts';
import type { ScoreModel } from './score-model.ts';
import { sha256, toHex } from './sha256.ts';

/** The readable part of a student file. */
export interface StudentManifest {
  readonly format: 'rightsize-student';
  readonly version: number;
  readonly labels: readonly string[];
  readonly features: {
    /** N-grams known, one column each; the bias has a column behind them. */
    readonly count: number;
    /** Weight of an unknown n-gram in the unseen share. */
    readonly unknownIdf: number;
  };
  readonly head: 'linear';
  /** Columns of a weight row: the labels, padded. */
  readonly width: number;
  readonly temperature: number;
  readonly score: ScoreModel;
  readonly trained: { readonly rows: number; readonly seed: number; readonly strength: number };
}

/** Everything in a student file. */
export interface StudentContents {
  readonly manifest: StudentManifest;
  /** Hash of each column. */
  readonly hashes: Int32Array;
  readonly idf: Float32Array;
  /** What one step of a column's weights is worth; the bias is the last. */
  readonly scales: Float32Array;
  /** (count + 1) × width. */
  readonly weights: Int8Array;
}

export const formatVersion = 1;
const magic = 'RSSTUDNT';
const headBytes = magic.length + 32 + 4;

/** Magic, SHA-256 of what follows, length of the manifest, manifest (JSON), typed arrays (little-endian). */
export function writeStudentFile(contents: StudentContents): Uint8Array {
  const manifest = new TextEncoder().encode(JSON.stringify(contents.manifest));
  const arrays = [contents.hashes, contents.idf, contents.scales, contents.weights];
  const size = headBytes + manifest.length + arrays.reduce((sum, array) => sum + array.byteLength, 0);
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode(magic));
  new DataView(bytes.buffer).setUint32(headBytes - 4, manifest.length, true);
  bytes.set(manifest, headBytes);
  let at = headBytes + manifest.length;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += array.byteLength;
  }
  bytes.set(sha256(bytes.subarray(magic.length + 32)), magic.length);
  return bytes;
}

/** The hash a student file carries, in hex: the student's id. */
export function studentFileId(bytes: Uint8Array): string {
  return toHex(bytes.subarray(magic.length, magic.length + 32));
}

/** @throws RightsizeError `student_damaged` for anything that is not a whole, unaltered student of a known version. */
export function parseStudentFile(bytes: Uint8Array): StudentContents {
  if (bytes.length < headBytes || new TextDecoder().decode(bytes.subarray(0, magic.length)) !== magic)
    throw damaged(`${bytes.length} bytes that do not begin as a student does`);
  if (toHex(sha256(bytes.subarray(magic.length + 32))) !== studentFileId(bytes))
    throw damaged('the content does not match its hash');
  const manifestEnd = headBytes + new DataView(bytes.buffer, bytes.byteOffset).getUint32(headBytes - 4, true);
  const manifest = JSON.parse(new TextDecoder().decode(bytes.subarray(headBytes, manifestEnd))) as StudentManifest;
  if (manifest.version > formatVersion)
    throw new RightsizeError(
      'student_damaged',
      `the student has format version ${manifest.version}; this program reads up to ${formatVersion}`,
      { remedy: 'Upgrade rightsize, or train the student again with `rightsize train TASK`.' },
    );
  const count = manifest.features.count;
  const payload = bytes.slice(manifestEnd).buffer;
  const expected = 4 * count + 4 * count + 4 * (count + 1) + (count + 1) * manifest.width;
  if (payload.byteLength !== expected) throw damaged(`${payload.byteLength} bytes of weights, ${expected} expected`);
  return {
    manifest,
    hashes: new Int32Array(payload, 0, count),
    idf: new Float32Array(payload, 4 * count, count),
    scales: new Float32Array(payload, 8 * count, count + 1),
    weights: new Int8Array(payload, 12 * count + 4),
  };
}

function damaged(what: string): RightsizeError {
  return new RightsizeError('student_damaged', `the student cannot be read: ${what}`);
}
