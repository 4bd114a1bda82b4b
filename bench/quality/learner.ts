import type { Prediction, TrainingRow } from '../../src/learn/student-contract.ts';
import { type TrainedStudent, trainStudent } from '../../src/learn/train-student.ts';
import type { TaskRow } from './label-tasks.ts';
import { benchEncoder, type Vectors } from './vector-cache.ts';

/** A student and the vectors it is asked with. */
export interface Learned {
  readonly trained: TrainedStudent;
  readonly cpuSeconds: number;
  ask(text: string): Prediction;
}

/** Learns as the product does: n-grams, and sentence vectors beside them where there are some. */
export function learn(
  rows: readonly Pick<TaskRow, 'text' | 'label'>[],
  vectors: Vectors | null,
  seed: number,
): Learned {
  const before = process.cpuUsage();
  const trained = trainStudent(
    rows.map(({ text, label }) => toTrainingRow(text, label, vectors)),
    { seed, encoder: vectors === null ? null : benchEncoder },
  );
  const { user, system } = process.cpuUsage(before);
  return {
    trained,
    cpuSeconds: (user + system) / 1e6,
    ask: (text) => trained.student.predict([text], vectors?.get(text) ?? null),
  };
}

function toTrainingRow(text: string, label: string, vectors: Vectors | null): TrainingRow {
  const vector = vectors?.get(text);
  return vector === undefined ? { slots: [text], label } : { slots: [text], label, vector };
}
