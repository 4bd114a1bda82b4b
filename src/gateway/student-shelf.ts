import { readStudent, type Student } from '../learn/student.ts';

/** A student that may be put away. Away, it keeps its id and needs, and cannot predict before it was fetched. */
export interface ShelvedStudent extends Student {
  readonly isAtHand: boolean;
  /** Resolves when the student is at hand, or cannot be had. Never rejects. */
  fetch(): Promise<void>;
}

export interface ShelfOptions {
  /** Memory that open students may take together, in bytes. One alone may take more. */
  readonly budgetBytes: number;
  /** The bytes of a stored student; null where it is gone. */
  readonly read: (id: string) => Promise<Uint8Array | null>;
  /** A student could not be fetched; its calls go to the teacher. */
  readonly onFailure?: (error: unknown, id: string) => void;
}

/** An open student holds its file, its arrays and the memory that kernels work on, and some tables beside. */
const memoryOfByte = 3;
const tableBytes = 500_000;

/** How long a call may wait for its student to be fetched; after that it goes to the teacher. */
export const fetchPatienceMs = 50;

interface Place {
  readonly id: string;
  readonly memory: number;
  /** Null while put away. */
  student: Student | null;
  /** Only what is stored can be fetched again. */
  isStored: boolean;
  fetching: Promise<void> | null;
}

/**
 * Keeps students open within a budget of memory: those that were asked least recently are put away, and opened again from
 * the store when a call needs them. What was verified once is not hashed again.
 */
export class StudentShelf {
  readonly #options: ShelfOptions;
  /** Asked least recently first. */
  readonly #open = new Map<string, Place>();
  readonly #places = new Map<string, Place>();
  #memory = 0;

  constructor(options: ShelfOptions) {
    this.#options = options;
  }

  /** Bytes that the open students are counted with. */
  get memory(): number {
    return this.#memory;
  }

  get openStudents(): number {
    return this.#open.size;
  }

  /** Whether any student has been put away: as long as none has, nobody needs to look. */
  get hasAway(): boolean {
    return this.#open.size < this.#places.size;
  }

  /** Takes an open student. It is put away at the earliest after `stored`. */
  add(student: Student): ShelvedStudent {
    const place = this.#places.get(student.id) ?? {
      id: student.id,
      memory: student.toBytes().length * memoryOfByte + tableBytes,
      student: null,
      isStored: false,
      fetching: null,
    };
    this.#places.set(place.id, place);
    this.#takeUp(place, student);
    return this.#shelved(place, student);
  }

  /** The student's bytes are in the store. */
  stored(id: string): void {
    const place = this.#places.get(id);
    if (place === undefined) return;
    place.isStored = true;
    this.#makeRoom(null);
  }

  /** Nobody needs the student any more. */
  drop(id: string): void {
    const place = this.#places.get(id);
    if (place === undefined) return;
    this.#putAway(place);
    this.#places.delete(id);
  }

  #shelved(place: Place, { id, labels, encoder }: Student): ShelvedStudent {
    const atHand = (): Student => {
      if (place.student === null) throw new Error(`student ${id} is put away`);
      // The last in the map is the one asked last.
      this.#open.delete(id);
      this.#open.set(id, place);
      return place.student;
    };
    return {
      id,
      labels,
      encoder,
      get isAtHand() {
        return place.student !== null;
      },
      fetch: () => this.#fetch(place),
      predict: (slots, vector) => atHand().predict(slots, vector),
      toBytes: () => atHand().toBytes(),
    };
  }

  #fetch(place: Place): Promise<void> {
    if (place.student !== null) return Promise.resolve();
    place.fetching ??= this.#reopen(place)
      .catch((error: unknown) => this.#options.onFailure?.(error, place.id))
      .finally(() => {
        place.fetching = null;
      });
    return place.fetching;
  }

  async #reopen(place: Place): Promise<void> {
    const bytes = await this.#options.read(place.id);
    if (bytes === null) throw new Error(`student ${place.id} is no longer stored`);
    const isWanted = place.student === null && this.#places.get(place.id) === place;
    if (isWanted) this.#takeUp(place, readStudent(bytes, { isVerified: true }));
  }

  #takeUp(place: Place, student: Student): void {
    if (place.student === null) this.#memory += place.memory;
    place.student = student;
    this.#open.set(place.id, place);
    this.#makeRoom(place);
  }

  #putAway(place: Place): void {
    if (place.student === null) return;
    place.student = null;
    this.#open.delete(place.id);
    this.#memory -= place.memory;
  }

  /** Puts away until the rest fits the budget; never the one that has just come. */
  #makeRoom(newest: Place | null): void {
    for (const place of [...this.#open.values()]) {
      if (this.#memory <= this.#options.budgetBytes) return;
      if (place !== newest && place.isStored) this.#putAway(place);
    }
  }
}

/** Whether a student would have to be fetched before it could predict. */
export function isAway(student: Student): student is ShelvedStudent {
  return 'isAtHand' in student && student.isAtHand === false;
}

/**
 * Fetches those that are away; null where none is. A call waits no longer than `fetchPatienceMs`, unless it is one of a
 * log, for which nobody waits.
 */
export function fetchStudents(students: readonly Student[], isPatient = false): Promise<void> | null {
  const away = students.filter(isAway);
  if (away.length === 0) return null;
  const fetched = Promise.all(away.map((student) => student.fetch())).then(() => {});
  if (isPatient) return fetched;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, fetchPatienceMs);
  });
  return Promise.race([patience, fetched]).finally(() => clearTimeout(timer));
}
