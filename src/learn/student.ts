import { isFieldsFile } from './fields/fields-file.ts';
import { readFieldsStudent } from './fields/fields-student.ts';
import { readLabelStudent } from './label-student.ts';
import type { Student, StudentReading } from './student-contract.ts';

export type { EncoderNeed, Prediction, Student, StudentReading, TrainingRow } from './student-contract.ts';

/**
 * A student of whatever kind the bytes hold.
 * @throws RightsizeError `student_damaged` when the bytes were cut, altered, or written by a newer version.
 */
export function readStudent(bytes: Uint8Array, reading: StudentReading = {}): Student {
  return isFieldsFile(bytes) ? readFieldsStudent(bytes, reading) : readLabelStudent(bytes, reading);
}
