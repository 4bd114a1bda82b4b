import { RightsizeError } from '../errors.ts';
import { sha256, toHex } from './sha256.ts';
import type { StudentReading } from './student-contract.ts';

/** What every packed file's readable part says of itself. */
export interface PackedManifest {
  readonly version: number;
}

/** One kind of file: eight letters it begins with, what people call it, and the newest version that is read. */
export interface PackedKind {
  readonly magic: string;
  readonly name: string;
  readonly version: number;
}

const magicBytes = 8;
const headBytes = magicBytes + 32 + 4;

export function isPackedAs({ magic }: Pick<PackedKind, 'magic'>, bytes: Uint8Array): boolean {
  return new TextDecoder().decode(bytes.subarray(0, magicBytes)) === magic;
}

/** Magic, SHA-256 of what follows, length of the manifest, manifest (JSON), the payload's parts one after the other. */
export function packFile(
  { magic }: Pick<PackedKind, 'magic'>,
  manifest: PackedManifest,
  parts: readonly ArrayBufferView[],
): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(manifest));
  const bytes = new Uint8Array(headBytes + text.length + parts.reduce((sum, part) => sum + part.byteLength, 0));
  bytes.set(new TextEncoder().encode(magic));
  new DataView(bytes.buffer).setUint32(headBytes - 4, text.length, true);
  bytes.set(text, headBytes);
  let at = headBytes + text.length;
  for (const part of parts) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  bytes.set(sha256(bytes.subarray(magicBytes + 32)), magicBytes);
  return bytes;
}

/** The hash that a file carries, in hex: its id. */
export function packedFileId(bytes: Uint8Array): string {
  return toHex(bytes.subarray(magicBytes, magicBytes + 32));
}

/** Hands out the payload's parts in the order they were packed. */
export interface PackedPayload {
  bytes(length: number): Uint8Array;
}

/** @throws RightsizeError `student_damaged` for anything that is not a whole, unaltered file of this kind and a known version. */
export function unpackFile<Manifest extends PackedManifest>(
  kind: PackedKind,
  bytes: Uint8Array,
  { isVerified = false }: StudentReading = {},
): { readonly manifest: Manifest; readonly payload: PackedPayload } {
  const damaged = (what: string) => new RightsizeError('student_damaged', `${kind.name} cannot be read: ${what}`);
  if (bytes.length < headBytes || !isPackedAs(kind, bytes))
    throw damaged(`${bytes.length} bytes that do not begin as one does`);
  if (!isVerified && toHex(sha256(bytes.subarray(magicBytes + 32))) !== packedFileId(bytes))
    throw damaged('the content does not match its hash');
  let at = headBytes + new DataView(bytes.buffer, bytes.byteOffset).getUint32(headBytes - 4, true);
  const manifest = JSON.parse(new TextDecoder().decode(bytes.subarray(headBytes, at))) as Manifest;
  if (manifest.version > kind.version)
    throw new RightsizeError(
      'student_damaged',
      `${kind.name} has format version ${manifest.version}; this program reads up to ${kind.version}`,
      { remedy: 'Upgrade rightsize, or train the student again with `rightsize train TASK`.' },
    );
  return {
    manifest,
    payload: {
      // A copy each, so that it begins where typed arrays may begin.
      bytes(length) {
        at += length;
        if (at > bytes.length) throw damaged(`${bytes.length} bytes are too few`);
        return bytes.slice(at - length, at);
      },
    },
  };
}
