import { type PackedPayload, packedFileId, packFile, unpackFile } from './packed-file.ts';
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
const kind = { magic: 'RSSTUDNT', name: 'the student', version: formatVersion };

/** The manifest as it stands in a file: it lists the arrays behind it. */
type WrittenManifest = StudentManifest & { readonly arrays: readonly ArrayEntry[] };

/** Packed, the arrays little-endian. */
export function writeStudentFile(contents: StudentContents): Uint8Array {
  const arrays = arraysOf(contents);
  const written: WrittenManifest = {
    ...contents.manifest,
    arrays: arrays.map(([name, array]) => ({ name, type: nameOfType(array), length: array.length })),
  };
  return packFile(
    kind,
    written,
    arrays.map(([, array]) => array),
  );
}

/** The hash a student file carries, in hex: the student's id. */
export function studentFileId(bytes: Uint8Array): string {
  return packedFileId(bytes);
}

/** @throws RightsizeError `student_damaged` for anything that is not a whole, unaltered student of a known version. */
export function parseStudentFile(bytes: Uint8Array, reading: Pick<StudentReading, 'isVerified'> = {}): StudentContents {
  const { manifest, payload } = unpackFile<WrittenManifest | FirstManifest>(kind, bytes, reading);
  if (isFirst(manifest)) return withArrays(upgradeManifest(manifest), readArrays(firstArrays(manifest), payload));
  const { arrays, ...rest } = manifest;
  return withArrays(rest, readArrays(arrays, payload));
}

function isFirst(manifest: WrittenManifest | FirstManifest): manifest is FirstManifest {
  return manifest.version === 1;
}

function readArrays(entries: readonly ArrayEntry[], payload: PackedPayload): ReadonlyMap<string, ArrayBuffer> {
  return new Map(
    entries.map(({ name, type, length }) => [
      name,
      payload.bytes(length * typedArrays[type].BYTES_PER_ELEMENT).buffer as ArrayBuffer,
    ]),
  );
}

function nameOfType(array: Int8Array | Uint16Array | Int32Array | Float32Array): ArrayEntry['type'] {
  if (array instanceof Float32Array) return 'float32';
  if (array instanceof Int32Array) return 'int32';
  return array instanceof Uint16Array ? 'uint16' : 'int8';
}
