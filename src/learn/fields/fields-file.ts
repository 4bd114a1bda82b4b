import { RightsizeError } from '../../errors.ts';
import type { LogisticModel } from '../logistic.ts';
import { sha256, toHex } from '../sha256.ts';
import type { EncoderNeed, StudentReading } from '../student-contract.ts';
import type { FieldPlan } from './field-plan.ts';

/** The readable part of a fields student's file. */
export interface FieldsManifest {
  readonly format: 'rightsize-fields-student';
  readonly version: number;
  readonly plans: readonly FieldPlan[];
  /** Objects that every answer has, empty or not. */
  readonly containers: readonly string[];
  /** The label field whose value the tagger reads as one more slot; null where none helps. */
  readonly guide: string | null;
  readonly score: LogisticModel;
  readonly encoder: EncoderNeed | null;
  readonly trained: { readonly rows: number; readonly learnable: number; readonly seed: number };
  /** Bytes of each head: the label fields by path, in order, then the tagger under `null`. */
  readonly heads: readonly { readonly path: string | null; readonly bytes: number }[];
}

export interface FieldsContents {
  readonly manifest: FieldsManifest;
  /** One file of bytes a head, in the order of `manifest.heads`. */
  readonly heads: readonly Uint8Array[];
}

export const fieldsFormatVersion = 1;
const magic = new TextEncoder().encode('RSFIELDS');
const headBytes = magic.length + 32 + 4;

export function isFieldsFile(bytes: Uint8Array): boolean {
  return magic.every((byte, at) => bytes[at] === byte);
}

/** Magic, SHA-256 of what follows, length of the manifest, manifest (JSON), the heads' files one after the other. */
export function writeFieldsFile({ manifest, heads }: FieldsContents): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(manifest));
  const bytes = new Uint8Array(headBytes + text.length + heads.reduce((sum, head) => sum + head.length, 0));
  bytes.set(magic);
  new DataView(bytes.buffer).setUint32(headBytes - 4, text.length, true);
  bytes.set(text, headBytes);
  let at = headBytes + text.length;
  for (const head of heads) {
    bytes.set(head, at);
    at += head.length;
  }
  bytes.set(sha256(bytes.subarray(magic.length + 32)), magic.length);
  return bytes;
}

/** The hash that a file carries, in hex: the student's id. */
export function fieldsFileId(bytes: Uint8Array): string {
  return toHex(bytes.subarray(magic.length, magic.length + 32));
}

/** @throws RightsizeError `student_damaged` for anything that is not a whole, unaltered student of a known version. */
export function parseFieldsFile(bytes: Uint8Array, { isVerified = false }: StudentReading = {}): FieldsContents {
  if (bytes.length < headBytes || !isFieldsFile(bytes))
    throw damaged(`${bytes.length} bytes that do not begin as a student of several fields does`);
  if (!isVerified && toHex(sha256(bytes.subarray(magic.length + 32))) !== fieldsFileId(bytes))
    throw damaged('the content does not match its hash');
  const manifestEnd = headBytes + new DataView(bytes.buffer, bytes.byteOffset).getUint32(headBytes - 4, true);
  const manifest = JSON.parse(new TextDecoder().decode(bytes.subarray(headBytes, manifestEnd))) as FieldsManifest;
  if (manifest.version > fieldsFormatVersion)
    throw new RightsizeError(
      'student_damaged',
      `the student has format version ${manifest.version}; this program reads up to ${fieldsFormatVersion}`,
      { remedy: 'Upgrade rightsize, or train the student again with `rightsize train TASK`.' },
    );
  let at = manifestEnd;
  const heads = manifest.heads.map(({ bytes: length }) => {
    at += length;
    if (at > bytes.length) throw damaged(`${bytes.length} bytes are too few for its heads`);
    return bytes.slice(at - length, at);
  });
  return { manifest, heads };
}

function damaged(what: string): RightsizeError {
  return new RightsizeError('student_damaged', `the student cannot be read: ${what}`);
}
