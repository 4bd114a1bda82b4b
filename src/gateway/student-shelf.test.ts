import { describe, expect, it } from 'vitest';
import { keywordCall, keywordCalls, keywordRows } from '../../test/keyword-stream.ts';
import { follow, restart, startEngine } from '../../test/run-engine.ts';
import { readStudent, type Student } from '../learn/student.ts';
import { trainStudent } from '../learn/train-student.ts';
import { fetchPatienceMs, fetchStudents, StudentShelf } from './student-shelf.ts';

const students = [1, 2, 3].map((seed) => {
  const rows = keywordRows({ count: 60, seed }).map(({ text, label }) => ({ slots: [text], label }));
  return trainStudent(rows, { seed, head: 'linear', folds: 2 }).student;
});
const stored = new Map(students.map((student) => [student.id, student.toBytes()]));
const input = ['please pay my invoice'];
const roomForTwo = 2.5 * memoryOf(students[0]);

/** What one student is counted with. */
function memoryOf(student: Student | undefined): number {
  const shelf = shelfOf(Number.POSITIVE_INFINITY);
  if (student !== undefined) shelf.add(student);
  return shelf.memory;
}

function shelfOf(budgetBytes: number, read = async (id: string) => stored.get(id) ?? null): StudentShelf {
  return new StudentShelf({ budgetBytes, read });
}

function filled(shelf: StudentShelf) {
  return students.map((student) => {
    const shelved = shelf.add(student);
    shelf.stored(student.id);
    return shelved;
  });
}

describe('a shelf of students', () => {
  it('puts away who was asked least recently, once there are more than fit', () => {
    const shelf = shelfOf(roomForTwo);
    const [first, second] = students.slice(0, 2).map((student) => shelf.add(student));
    for (const { id } of students) shelf.stored(id);
    expect(shelf.hasAway).toBe(false);
    first?.predict(input);
    const third = shelf.add(students[2] as Student);
    expect([first, second, third].map((student) => student?.isAtHand)).toEqual([true, false, true]);
    expect([shelf.openStudents, shelf.hasAway]).toEqual([2, true]);
    expect(shelf.memory).toBeLessThanOrEqual(roomForTwo);
  });

  it('fetches again who was put away, who then says the same to the last bit', async () => {
    const [first] = filled(shelfOf(roomForTwo));
    expect(first?.isAtHand).toBe(false);
    expect([first?.id, first?.labels]).toEqual([students[0]?.id, students[0]?.labels]);
    await first?.fetch();
    expect(first?.predict(input)).toEqual(students[0]?.predict(input));
    expect(first?.toBytes()).toEqual(students[0]?.toBytes());
  });

  it('puts nobody away who is not stored yet', () => {
    const shelf = shelfOf(1);
    const [first, second] = students.slice(0, 2).map((student) => shelf.add(student));
    expect([first?.isAtHand, second?.isAtHand]).toEqual([true, true]);
    shelf.stored(students[0]?.id ?? '');
    expect([first?.isAtHand, second?.isAtHand]).toEqual([false, true]);
  });

  it('reads a student once, however many calls wait for it', async () => {
    let reads = 0;
    const shelf = shelfOf(roomForTwo, async (id) => {
      reads++;
      return stored.get(id) ?? null;
    });
    const [first] = filled(shelf);
    await Promise.all([first?.fetch(), first?.fetch(), first?.fetch()]);
    expect([first?.isAtHand, reads]).toEqual([true, 1]);
  });

  it('leaves away who is gone from the store, and says so', async () => {
    const failures: unknown[] = [];
    const shelf = new StudentShelf({
      budgetBytes: 1,
      read: async () => null,
      onFailure: (error) => failures.push(error),
    });
    const [first] = filled(shelf);
    await first?.fetch();
    expect(first?.isAtHand).toBe(false);
    expect(failures).toHaveLength(1);
  });

  it('forgets who is dropped, and its memory', () => {
    const shelf = shelfOf(Number.POSITIVE_INFINITY);
    filled(shelf);
    for (const { id } of students) shelf.drop(id);
    expect([shelf.memory, shelf.openStudents, shelf.hasAway]).toEqual([0, 0, false]);
  });
});

describe('a call whose student was put away', () => {
  it('waits a moment, and no longer', async () => {
    const [first] = filled(shelfOf(roomForTwo, () => new Promise(() => {})));
    const startedAt = performance.now();
    await fetchStudents([first as Student]);
    expect(performance.now() - startedAt).toBeGreaterThan(fetchPatienceMs - 5);
    expect(first?.isAtHand).toBe(false);
    expect(fetchStudents(students)).toBeNull();
  });

  it('is answered by it once it is fetched, and goes to the teacher where it is not', async () => {
    const learned = startEngine();
    await follow(learned, keywordCalls(keywordRows({ count: 420, seed: 1 })));
    const shelf = shelfOf(1, async (id) => learned.students.get(id) ?? null);
    const settings = { epsilon: 0.1, delta: 0.05, spotChecks: { share: 0, perDay: 0 }, seed: 1 };
    const { engine } = await restart(learned, { settings, shelf }, (bytes) => {
      const student = shelf.add(readStudent(bytes));
      shelf.stored(student.id);
      return student;
    });
    shelf.add(students[0] as Student);
    const call = {
      ...keywordCall({ text: 'invoice payment refund', label: 'billing' }, 5_000),
      forceTeacher: false,
    };
    expect(engine.decide(call).route).toMatchObject({ answeredBy: 'teacher', reason: 'student-loading' });
    await engine.prepare(call);
    expect(engine.decide(call).route).toMatchObject({ answeredBy: 'student', reason: 'confident' });
  });
});
