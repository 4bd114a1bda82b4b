import { RightsizeError } from '../../errors.ts';
import type { FoundReference } from '../call-store.ts';
import { countErasedRows, packRowHashes } from '../row-hashes.ts';
import type { ErasedRows, StoredStudent, StudentEntry, StudentStore } from '../student-store.ts';

export class MemoryStudentStore implements StudentStore {
  readonly #students = new Map<string, StoredStudent>();
  readonly #rows = new Map<string, Uint8Array>();

  async put(student: StoredStudent): Promise<void> {
    const known = this.#students.get(student.id);
    if (!known) {
      const { trainedOn, ...kept } = student;
      this.#students.set(student.id, { ...kept, bytes: student.bytes.slice() });
      if (trainedOn) this.#rows.set(student.id, packRowHashes(trainedOn));
    } else if (Buffer.compare(known.bytes, student.bytes) !== 0) {
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

  async countErased(calls: readonly FoundReference[]): Promise<readonly ErasedRows[]> {
    const touched: ErasedRows[] = [];
    for (const student of this.#students.values()) {
      const rows = countErasedRows(student, this.#rows.get(student.id) ?? null, calls);
      if (rows === 0) continue;
      this.#students.set(student.id, { ...student, erasedRows: (student.erasedRows ?? 0) + rows });
      touched.push({ student: student.id, task: student.task, rows });
    }
    return touched;
  }

  async remove(id: string): Promise<boolean> {
    return this.#students.delete(id);
  }

  removeTask(task: string): void {
    for (const student of [...this.#students.values()]) if (student.task === task) this.#students.delete(student.id);
  }
}
