import type { LogisticModel } from '../logistic.ts';
import { isPackedAs, packedFileId, packFile, unpackFile } from '../packed-file.ts';
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
  /** The heads, in the order of their files. The tagger finds the places of all copied fields together. */
  readonly heads: readonly FieldsHead[];
}

export type FieldsHead =
  | { readonly kind: 'label' | 'label-set'; readonly path: string; readonly bytes: number }
  | { readonly kind: 'tagger'; readonly bytes: number };

export interface FieldsContents {
  readonly manifest: FieldsManifest;
  /** One file of bytes a head, in the order of `manifest.heads`. */
  readonly heads: readonly Uint8Array[];
}

export const fieldsFormatVersion = 1;
const kind = { magic: 'RSFIELDS', name: 'the student', version: fieldsFormatVersion };

export function isFieldsFile(bytes: Uint8Array): boolean {
  return isPackedAs(kind, bytes);
}

export function writeFieldsFile({ manifest, heads }: FieldsContents): Uint8Array {
  return packFile(kind, manifest, heads);
}

/** The hash that a file carries, in hex: the student's id. */
export function fieldsFileId(bytes: Uint8Array): string {
  return packedFileId(bytes);
}

/** @throws RightsizeError `student_damaged` for anything that is not a whole, unaltered student of a known version. */
export function parseFieldsFile(bytes: Uint8Array, reading: StudentReading = {}): FieldsContents {
  const { manifest, payload } = unpackFile<FieldsManifest>(kind, bytes, reading);
  return { manifest, heads: manifest.heads.map((head) => payload.bytes(head.bytes)) };
}
