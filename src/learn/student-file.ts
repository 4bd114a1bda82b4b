import { RightsizeError } from '../errors.ts';
import { sha256, toHex } from './sha256.ts';
import {
  type ArrayEntry,
  arraysOf,
  type StudentContents,
  type StudentManifest,
  typedArrays,
  withArrays,
} from './student-contents.ts';
import type { StudentReading } from './student-contract.ts';
import { type FirstManifest, firstArrays, upgradeManifest } from './student-file-first.ts';

export const formatVersion = 2;
const magic = 'RSSTUDNT';
const headBytes = magic.length + 32 + 4;

/** The manifest as it stands in a file: it lists the arrays behind it. */
type WrittenManifest = StudentManifest & { readonly arrays: readonly ArrayEntry[] };

/** Magic, SHA-256 of what follows, length of the manifest, manifest (JSON), typed arrays (little-endian). */
export function writeStudentFile(contents: StudentContents): Uint8Array {
  const arrays = arraysOf(contents);
  const written: WrittenManifest = {
    ...contents.manifest,
    arrays: arrays.map(([name, array]) => ({ name, type: nameOfType(array), length: array.length })),
  };
  const manifest = new TextEncoder().encode(JSON.stringify(written));
  const size = headBytes + manifest.length + arrays.reduce((sum, [, array]) => sum + array.byteLength, 0);
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode(magic));
  new DataView(bytes.buffer).setUint32(headBytes - 4, manifest.length, true);
  bytes.set(manifest, headBytes);
  let at = headBytes + manifest.length;
  for (const [, array] of arrays) {
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
  const manifest = JSON.parse(new TextDecoder().decode(bytes.subarray(headBytes, manifestEnd))) as
    | WrittenManifest
    | FirstManifest;
  if (manifest.version > formatVersion)
    throw new RightsizeError(
      'student_damaged',
      `the student has format version ${manifest.version}; this program reads up to ${formatVersion}`,
      { remedy: 'Upgrade rightsize, or train the student again with `rightsize train TASK`.' },
    );
  const payload = bytes.subarray(manifestEnd);
  if (isFirst(manifest)) return withArrays(upgradeManifest(manifest), readArrays(firstArrays(manifest), payload));
  const { arrays, ...rest } = manifest;
  return withArrays(rest, readArrays(arrays, payload));
}

function isFirst(manifest: WrittenManifest | FirstManifest): manifest is FirstManifest {
  return manifest.version === 1;
}

function readArrays(entries: readonly ArrayEntry[], payload: Uint8Array): ReadonlyMap<string, ArrayBuffer> {
  const arrays = new Map<string, ArrayBuffer>();
  let at = 0;
  for (const { name, type, length } of entries) {
    const size = length * typedArrays[type].BYTES_PER_ELEMENT;
    if (at + size > payload.length) throw damaged(`${payload.length} bytes of weights are too few`);
    // A copy begins at its own address, so that every type may be laid over it.
    arrays.set(name, payload.slice(at, at + size).buffer);
    at += size;
  }
  return arrays;
}

function nameOfType(array: Int8Array | Uint16Array | Int32Array | Float32Array): ArrayEntry['type'] {
  if (array instanceof Float32Array) return 'float32';
  if (array instanceof Int32Array) return 'int32';
  return array instanceof Uint16Array ? 'uint16' : 'int8';
}

function damaged(what: string): RightsizeError {
  return new RightsizeError('student_damaged', `the student cannot be read: ${what}`);
}
