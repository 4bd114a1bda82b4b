import type { FieldsReport } from '../learn/fields/train-fields-student.ts';
import type { EncoderNeed, Student, TrainingRow } from '../learn/student.ts';
import type { TrainingReport as LabelReport } from '../learn/train-student.ts';

/** One training to be done: rows in, and settings that make it repeatable. */
export interface TrainingJob {
  /** What the rows' labels are: one of a closed set, or the canonical JSON of several fields. */
  readonly kind: 'label' | 'fields';
  readonly rows: readonly TrainingRow[];
  /** Whose vectors the rows carry, all of them; null or absent where they carry none. */
  readonly encoder?: EncoderNeed | null;
  /** How far a number may be off and still count as the teacher's; 0 where it is not given. */
  readonly tolerance?: number;
  readonly seed: number;
  readonly head: 'linear' | 'mlp' | 'best';
}

export type TrainingReport = LabelReport | FieldsReport;

export interface TrainingOutcome {
  readonly student: Student;
  /** One entry a row, from models that did not see it. */
  readonly outOfFold: readonly { readonly label: string; readonly score: number }[];
  readonly report: TrainingReport;
}

/** Trains students somewhere: in a worker thread, or here and now in tests. */
export interface Trainer {
  train(job: TrainingJob): Promise<TrainingOutcome>;
  close(): Promise<void>;
}
