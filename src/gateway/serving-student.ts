import { RightsizeError } from '../errors.ts';
import { readStudent, type Student } from '../learn/student.ts';
import type { Certificate } from '../records/certificate.ts';
import type { Task } from '../records/task.ts';
import type { Store } from '../storage/store.ts';
import type { StoredStudent } from '../storage/student-store.ts';

export interface ServingStudent {
  readonly student: Student;
  readonly stored: StoredStudent;
  /** Of this student, the newest; null where it has none. */
  readonly certificate: Certificate | null;
}

/**
 * The student of a task that would serve: that of the newest certificate, else the newest one.
 * @throws RightsizeError `student_not_found`, `student_damaged`.
 */
export async function readServingStudent(store: Store, task: Task): Promise<ServingStudent> {
  const [certificate = null] = await store.certificates.list({ task: task.id });
  const id = certificate?.student ?? (await store.students.list({ task: task.id }))[0]?.id;
  const stored = id === undefined ? null : await store.students.get(id);
  if (stored === null) {
    throw new RightsizeError('student_not_found', `\`${task.name}\` has no student.`, {
      remedy: `Train one with \`rightsize train ${task.name}\`.`,
    });
  }
  return { student: readStudent(stored.bytes), stored, certificate };
}
