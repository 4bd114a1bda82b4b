import type { TrainingRow } from '../learn/student.ts';

/** A call of a task whose teacher's answer is known. */
export interface LabelledCall {
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
  readonly slots: readonly string[];
  /** Null where the teacher gave no label (cut, refused, another form). */
  readonly label: string | null;
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
  readonly #labels = new Map<string, number>();
  #labelled = 0;

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
    if (row.label !== null) {
      this.#labels.set(row.label, (this.#labels.get(row.label) ?? 0) + 1);
      this.#labelled++;
    }
    // Trimmed in blocks, so that each addition costs the same on average.
    if (this.#rows.length > this.#capacity * 1.1) this.#rows = this.#rows.slice(-this.#capacity);
  }

  all(): readonly LabelledCall[] {
    return this.#rows;
  }

  /** How many labelled calls of one era of one version there have been. */
  count(version: string, era: number): number {
    return this.#eras.get(eraKey(version, era)) ?? 0;
  }

  hasLabel(label: string): boolean {
    return this.#labels.has(label);
  }

  /** Good–Turing: the share of calls to come whose label has not been seen yet; never quite 0. */
  unseenShare(): number {
    let once = 0;
    for (const count of this.#labels.values()) if (count === 1) once++;
    return Math.min(1, (once + 1) / (this.#labelled + 1));
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
 * among many rows are accidents and stay out.
 */
export function lessonFor({
  calls,
  version,
  era,
  slots,
  earlierWeight,
}: {
  readonly calls: readonly LabelledCall[];
  readonly version: string;
  readonly era: number;
  readonly slots: number;
  readonly earlierWeight: number;
}): Lesson {
  const fitting = calls.filter(
    (call) =>
      call.label !== null &&
      call.slots.length === slots &&
      (earlierWeight > 0 || (call.version === version && call.era === era)),
  );
  const counts = new Map<string, number>();
  for (const { label } of fitting) if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
  const kept = fitting.filter((call) => (counts.get(call.label ?? '') ?? 0) >= minimumRows(fitting.length));
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
