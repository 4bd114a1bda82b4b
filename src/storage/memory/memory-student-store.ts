import { RightsizeError } from '../../errors.ts';
import type { StoredStudent, StudentEntry, StudentStore } from '../student-store.ts';

export class MemoryStudentStore implements StudentStore {
  readonly #students = new Map<string, StoredStudent>();

  async put(student: StoredStudent): Promise<void> {
    const known = this.#students.get(student.id);
    if (!known) this.#students.set(student.id, { ...student, bytes: student.bytes.slice() });
    else if (Buffer.compare(known.bytes, student.bytes) !== 0) {
      throw new RightsizeError('student_damaged', `Student \`${student.id}\` is stored already, with other content.`);
    }
  }

  async get(id: string): Promise<StoredStudent | null> {
    return this.#students.get(id) ?? null;
  }

  async list({ task }: { readonly task?: string | undefined } = {}): Promise<readonly StudentEntry[]> {
    return [...this.#students.values()]
      .filter((student) => task === undefined || student.task === task)
      .map(({ bytes: _, ...entry }) => entry)
      .reverse()
      .sort((a, b) => b.createdAt - a.createdAt);
  }

  async remove(id: string): Promise<boolean> {
    return this.#students.delete(id);
  }

  removeTask(task: string): void {
    for (const student of [...this.#students.values()]) if (student.task === task) this.#students.delete(student.id);
  }
}
