import type { Student, TrainingRow } from '../../learn/student.ts';
import type { Trainer } from '../../train/trainer.ts';

export interface RememberedStudent {
  readonly student: Student;
  readonly rows: readonly TrainingRow[];
}

/** A trainer that keeps what it trained, so that a report can ask the students again. */
export function rememberStudents(
  trainer: Trainer,
): Trainer & { readonly students: ReadonlyMap<string, RememberedStudent> } {
  const students = new Map<string, RememberedStudent>();
  return {
    students,
    async train(job) {
      const outcome = await trainer.train(job);
      students.set(outcome.student.id, { student: outcome.student, rows: job.rows });
      return outcome;
    },
    close: () => trainer.close(),
  };
}
