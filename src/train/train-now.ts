import { trainFieldsStudent } from '../learn/fields/train-fields-student.ts';
import { trainStudent } from '../learn/train-student.ts';
import type { TrainingJob, TrainingOutcome } from './trainer.ts';

/** Trains the student that a job's rows ask for, on this thread. */
export function trainNow(
  { kind, rows, encoder = null, tolerance = 0, seed, head }: TrainingJob,
  onProgress: (share: number) => void = () => {},
): TrainingOutcome {
  const options = { seed, head, encoder, onProgress };
  return kind === 'fields' ? trainFieldsStudent(rows, { ...options, tolerance }) : trainStudent(rows, options);
}
