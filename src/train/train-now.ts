import { RightsizeError } from '../errors.ts';
import { trainStudent } from '../learn/train-student.ts';
import type { TrainingJob, TrainingOutcome } from './trainer.ts';

/** Trains the student that a job's rows ask for, on this thread. */
export function trainNow(
  { kind, rows, encoder = null, seed, head }: TrainingJob,
  onProgress: (share: number) => void = () => {},
): TrainingOutcome {
  if (kind === 'fields')
    throw new RightsizeError('shape_not_learnable', 'Answers of several fields cannot be learned yet.');
  return trainStudent(rows, { seed, head, encoder, onProgress });
}
