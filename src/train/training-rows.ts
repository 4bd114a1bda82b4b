import type { TrainingRow } from '../learn/student.ts';
import type { Answer } from '../records/answer.ts';

/** A call of a task whose teacher's answer is known. */
export interface LabelledCall {
  readonly callId: string;
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
  readonly slots: readonly string[];
  /** The teacher's whole answer, to be read again when more is known of its shape. */
  readonly answer: Answer;
  /** Canonical; null where the teacher gave none (cut, refused, another form). */
  readonly label: string | null;
  /** The parts of the label that come from closed sets: an unseen one is news. */
  readonly closedParts: readonly string[];
  /** Task version id. */
  readonly version: string;
  /** The era of its version: it ends when the world is seen to change under the same prompt. */
  readonly era: number;
  /** One over the probability with which the call was sent to the teacher; what it stands for in an unbiased figure. */
  readonly weight: number;
}

/** What makes two inputs the same for splits and samples: case, digits, punctuation and white space do not. */
export function inputKey(slots: readonly string[]): string {
  return slots
    .map((slot) =>
      slot
        .toLowerCase()
        .replace(/\d+/g, '0')
        .replace(/[^\p{L}\p{N}]+/gu, ' ')
        .trim(),
    )
    .join('\u0001');
}

/** The labelled calls of one task, newest kept, in order of arrival. Bounded: old rows leave when there are too many. */
export class TrainingRows {
  #rows: LabelledCall[] = [];
  readonly #capacity: number;
  readonly #eras = new Map<string, number>();
  readonly #closedParts = new Map<string, number>();
  #counted = 0;

  constructor({ capacity = 20_000 }: { readonly capacity?: number } = {}) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#rows.length;
  }

  add(row: LabelledCall): void {
    this.#rows.push(row);
    const era = eraKey(row.version, row.era);
    this.#eras.set(era, (this.#eras.get(era) ?? 0) + 1);
    this.#count(row);
    // Trimmed in blocks, so that each addition costs the same on average.
    if (this.#rows.length > this.#capacity * 1.1) this.#rows = this.#rows.slice(-this.#capacity);
  }

  /** Removes rows of calls that are gone. */
  forget(isGone: (row: LabelledCall) => boolean): void {
    const left = this.#rows.filter((row) => !isGone(row));
    if (left.length === this.#rows.length) return;
    this.#rows = left;
    this.#recount();
  }

  /** Reads every answer again, after its shape has become another. */
  relabel(read: (answer: Answer) => Pick<LabelledCall, 'label' | 'closedParts'>): void {
    this.#rows = this.#rows.map((row) => ({ ...row, ...read(row.answer) }));
    this.#recount();
  }

  #recount(): void {
    this.#closedParts.clear();
    this.#counted = 0;
    for (const row of this.#rows) this.#count(row);
  }

  #count({ closedParts }: LabelledCall): void {
    if (closedParts.length === 0) return;
    for (const part of closedParts) this.#closedParts.set(part, (this.#closedParts.get(part) ?? 0) + 1);
    this.#counted++;
  }

  all(): readonly LabelledCall[] {
    return this.#rows;
  }

  /** How many labelled calls of one era of one version there have been. */
  count(version: string, era: number): number {
    return this.#eras.get(eraKey(version, era)) ?? 0;
  }

  hasSeen(closedPart: string): boolean {
    return this.#closedParts.has(closedPart);
  }

  /** Good–Turing: the share of calls to come in which a part of a closed set is seen for the first time; never quite 0. */
  unseenShare(): number {
    let once = 0;
    for (const count of this.#closedParts.values()) if (count === 1) once++;
    return Math.min(1, (once + 1) / (this.#counted + 1));
  }
}

function eraKey(version: string, era: number): string {
  return `${version} ${era}`;
}

export interface Lesson {
  readonly rows: readonly TrainingRow[];
  /** The labelled call behind each row. */
  readonly calls: readonly LabelledCall[];
}

/**
 * What a student of this era learns from. Rows of the era always; rows of earlier eras and other versions of the same
 * task as long as they have as many slots, lighter where `earlierWeight` says so, none at 0. Labels seen only once
 * among many rows are accidents and stay out, where labels are a closed set.
 */
export function lessonFor({
  calls,
  version,
  era,
  slots,
  earlierWeight,
  isClosedSet,
}: {
  readonly calls: readonly LabelledCall[];
  readonly version: string;
  readonly era: number;
  readonly slots: number;
  readonly earlierWeight: number;
  readonly isClosedSet: boolean;
}): Lesson {
  const fitting = calls.filter(
    (call) =>
      call.label !== null &&
      call.slots.length === slots &&
      (earlierWeight > 0 || (call.version === version && call.era === era)),
  );
  const counts = new Map<string, number>();
  for (const { label } of fitting) if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
  const fewest = isClosedSet ? minimumRows(fitting.length) : 1;
  const kept = fitting.filter((call) => (counts.get(call.label ?? '') ?? 0) >= fewest);
  return {
    calls: kept,
    rows: kept.map((call) => ({
      slots: call.slots,
      label: call.label ?? '',
      weight: call.version === version && call.era === era ? 1 : earlierWeight,
    })),
  };
}

/** A label must have been seen twice before anything is learned from it, once there are rows enough for accidents. */
function minimumRows(rows: number): number {
  return rows >= 50 ? 2 : 1;
}
