import { type Encoder, textOfInput } from '../encoder/encoder.ts';
import { encodeInput, type InputVector, withVectors } from '../encoder/input-vector.ts';
import type { EncoderNeed } from '../records/encoder-need.ts';

export interface CallVectorsOptions {
  readonly encoder: Encoder;
  /** How long a call waits for its vector. */
  readonly patienceMs: number;
  /** Told once of each kind of failure; the calls go on without vectors. */
  readonly onFailure?: (error: unknown) => void;
}

/** What a call's vector is wanted for: to answer it, or only to measure a student on trial. */
export type VectorPurpose = 'answer' | 'trial';

/** Vectors for the calls of the live loop, never later than its patience. */
export class CallVectors {
  readonly #options: CallVectorsOptions;
  readonly #told = new Set<string>();

  constructor(options: CallVectorsOptions) {
    this.#options = options;
  }

  /**
   * The vector of an input, or null where it did not come in time; never rejects. Null at once: nobody has to wait,
   * since a vector for a trial may come while the teacher answers. `isPatient`: nobody waits for the call, so it takes
   * what it takes, for any purpose.
   */
  prepare(slots: readonly string[], purpose: VectorPurpose, isPatient: boolean): Promise<InputVector | null> | null {
    const { encoder, patienceMs } = this.#options;
    const encoding = encodeInput(encoder, slots, (error) => this.#tell(error));
    if (isPatient) return encoding;
    return purpose === 'trial' ? null : within(encoding, patienceMs);
  }

  /** What is known of an input without waiting. */
  known(slots: readonly string[]): InputVector | null {
    const { encoder } = this.#options;
    const text = textOfInput(slots);
    const vector = encoder.cached(text);
    return vector === null ? null : { encoder: encoder.need.id, text, vector };
  }

  /** Rows to train on with their vectors and whose they are; without, where the encoder fails: n-grams are learned all the same. */
  async ofRows<Row extends { readonly slots: readonly string[] }>(
    rows: readonly Row[],
  ): Promise<{
    readonly rows: readonly (Row & { readonly vector?: Float32Array })[];
    readonly encoder: EncoderNeed | null;
  }> {
    const { encoder } = this.#options;
    try {
      return { rows: await withVectors(rows, encoder), encoder: encoder.need };
    } catch (error) {
      this.#tell(error);
      return { rows, encoder: null };
    }
  }

  #tell(error: unknown): void {
    const what = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (this.#told.has(what)) return;
    this.#told.add(what);
    this.#options.onFailure?.(error);
  }
}

/** Null after so many milliseconds. */
async function within<Value>(value: Promise<Value>, milliseconds: number): Promise<Value | null> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), milliseconds);
  });
  try {
    return await Promise.race([value, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
