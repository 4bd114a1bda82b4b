import { RightsizeError } from '../errors.ts';
import type { ScoreModel } from './score-model.ts';
import { sha256, toHex } from './sha256.ts';
import type { StudentReading } from './student-contract.ts';

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
  /** `mlp` stands beside the linear head: their log-probabilities are averaged. */
  readonly head: 'linear' | 'mlp';
  /** Units of the MLP; 0 without one. */
  readonly hiddenUnits: number;
  /** Columns of a weight row: the labels, padded. */
  readonly width: number;
  readonly temperature: number;
  readonly score: ScoreModel;
  readonly trained: {
    readonly rows: number;
    readonly seed: number;
    /** Rows of each label, in the order of `labels`. */
    readonly support: readonly number[];
    /** Inverse of the L2 penalty of the linear head. */
    readonly strength: number;
  };
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
  readonly mlp: MlpContents | null;
}

/** The MLP's part of a file: like the linear one, then the small second layer as it is. */
export interface MlpContents {
  readonly scales: Float32Array;
  /** (count + 1) × hiddenUnits. */
  readonly first: Int8Array;
  /** (hiddenUnits + 1) × width; the last row is the bias. */
  readonly second: Float32Array;
}

export const formatVersion = 1;
const magic = 'RSSTUDNT';
const headBytes = magic.length + 32 + 4;

/** Magic, SHA-256 of what follows, length of the manifest, manifest (JSON), typed arrays (little-endian). */
export function writeStudentFile(contents: StudentContents): Uint8Array {
  const manifest = new TextEncoder().encode(JSON.stringify(contents.manifest));
  const { hashes, idf, scales, weights, mlp } = contents;
  const arrays = [
    hashes,
    idf,
    scales,
    ...(mlp === null ? [] : [mlp.scales, mlp.second]),
    weights,
    ...(mlp === null ? [] : [mlp.first]),
  ];
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
export function parseStudentFile(
  bytes: Uint8Array,
  { isVerified = false }: Pick<StudentReading, 'isVerified'> = {},
): StudentContents {
  if (bytes.length < headBytes || new TextDecoder().decode(bytes.subarray(0, magic.length)) !== magic)
    throw damaged(`${bytes.length} bytes that do not begin as a student does`);
  if (!isVerified && toHex(sha256(bytes.subarray(magic.length + 32))) !== studentFileId(bytes))
    throw damaged('the content does not match its hash');
  const manifestEnd = headBytes + new DataView(bytes.buffer, bytes.byteOffset).getUint32(headBytes - 4, true);
  const manifest = JSON.parse(new TextDecoder().decode(bytes.subarray(headBytes, manifestEnd))) as StudentManifest;
  if (manifest.version > formatVersion)
    throw new RightsizeError(
      'student_damaged',
      `the student has format version ${manifest.version}; this program reads up to ${formatVersion}`,
      { remedy: 'Upgrade rightsize, or train the student again with `rightsize train TASK`.' },
    );
  return { manifest, ...readArrays(manifest, bytes.slice(manifestEnd).buffer) };
}

function readArrays(manifest: StudentManifest, payload: ArrayBuffer): Omit<StudentContents, 'manifest'> {
  const { width, hiddenUnits } = manifest;
  const count = manifest.features.count;
  let at = 0;
  const take = (bytes: number): number => {
    const from = at;
    at += bytes;
    if (at > payload.byteLength) throw damaged(`${payload.byteLength} bytes of weights are too few`);
    return from;
  };
  const floats = (length: number): Float32Array => new Float32Array(payload, take(4 * length), length);
  const hashes = new Int32Array(payload, take(4 * count), count);
  const idf = floats(count);
  const scales = floats(count + 1);
  const withMlp = manifest.head === 'mlp';
  const mlpScales = withMlp ? floats(count + 1) : null;
  const second = withMlp ? floats((hiddenUnits + 1) * width) : null;
  const weights = new Int8Array(payload, take((count + 1) * width), (count + 1) * width);
  const mlp =
    mlpScales === null || second === null
      ? null
      : {
          scales: mlpScales,
          second,
          first: new Int8Array(payload, take((count + 1) * hiddenUnits), (count + 1) * hiddenUnits),
        };
  return { hashes, idf, scales, weights, mlp };
}

function damaged(what: string): RightsizeError {
  return new RightsizeError('student_damaged', `the student cannot be read: ${what}`);
}
