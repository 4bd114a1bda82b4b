import { readLabelStudent } from './label-student.ts';
import type { Student } from './student-contract.ts';
import type { KernelKind } from './workspace.ts';

export type { EncoderNeed, Prediction, Student, TrainingRow } from './student-contract.ts';

/**
 * A student of whatever kind the bytes hold.
 * @throws RightsizeError `student_damaged` when the bytes were cut, altered, or written by a newer version.
 */
export function readStudent(bytes: Uint8Array, kind: KernelKind = 'wasm'): Student {
  return readLabelStudent(bytes, kind);
}
