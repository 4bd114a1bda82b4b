import { RightsizeError } from '../../errors.ts';
import type { RecordedAnswer } from './record-answer.ts';

export interface RepeatedRequestsOptions {
  readonly now: () => number;
  /** 10 minutes by default: as long as the official clients wait for an answer. */
  readonly maxAgeMs?: number;
  /** 32 MiB by default, for all answers together. */
  readonly maxBytes?: number;
}

/** What is kept of an answer besides its body, roughly. */
const overheadBytes = 1_000;

interface Repeatable {
  /** What the request was; another one may not come under the same name. */
  readonly fingerprint: string;
  /** Resolves with null where the first attempt gave no answer that holds for the next. */
  readonly answer: Promise<RecordedAnswer | null>;
  bytes: number;
  expiresAt: number;
}

/** What came of the first request under a name. */
export interface FirstAnswer<End> {
  readonly end: End;
  /** Null: it holds for nobody else. */
  readonly answer: RecordedAnswer | null;
}

/**
 * Requests that name themselves (`idempotency-key`) are answered once: who repeats one while it is being answered waits for
 * that answer, who repeats it soon after gets it again. Only good answers are remembered; after any other the next one asks anew.
 */
export class RepeatedRequests {
  readonly #now: () => number;
  readonly #maxAgeMs: number;
  readonly #maxBytes: number;
  readonly #known = new Map<string, Repeatable>();
  #bytes = 0;

  constructor({ now, maxAgeMs = 600_000, maxBytes = 33_554_432 }: RepeatedRequestsOptions) {
    this.#now = now;
    this.#maxAgeMs = maxAgeMs;
    this.#maxBytes = maxBytes;
  }

  /** Forgets all answers, those too that are being given. */
  clear(): void {
    this.#known.clear();
    this.#bytes = 0;
  }

  /**
   * The answer that was given before under this name, or what came of `answerFirst`.
   * Throws `idempotency_key_reused` where the name belongs to another request.
   */
  async answer<End>(
    name: string,
    fingerprint: string,
    answerFirst: () => Promise<FirstAnswer<End>>,
  ): Promise<{ readonly again: RecordedAnswer } | { readonly first: End }> {
    for (;;) {
      const known = this.#find(name);
      if (known === null) break;
      if (known.fingerprint !== fingerprint)
        throw new RightsizeError('idempotency_key_reused', 'This `idempotency-key` came with another request before.');
      const answer = await known.answer;
      if (answer !== null) return { again: answer };
      // Whoever wakes first asks anew; the others wait for that one.
      if (this.#known.get(name) === known) this.#forget(name, known);
    }
    return { first: await this.#lead(name, fingerprint, answerFirst) };
  }

  async #lead<End>(name: string, fingerprint: string, answerFirst: () => Promise<FirstAnswer<End>>): Promise<End> {
    let tell: (answer: RecordedAnswer | null) => void = () => {};
    const answer = new Promise<RecordedAnswer | null>((resolve) => {
      tell = resolve;
    });
    const repeatable = { fingerprint, answer, bytes: 0, expiresAt: Number.POSITIVE_INFINITY };
    this.#known.set(name, repeatable);
    let given: RecordedAnswer | null = null;
    try {
      const { end, answer: recorded } = await answerFirst();
      given = recorded;
      return end;
    } finally {
      tell(given);
      if (given === null) this.#forget(name, repeatable);
      else if (this.#known.get(name) === repeatable) this.#remember(repeatable, given);
    }
  }

  #find(name: string): Repeatable | null {
    const known = this.#known.get(name);
    if (known === undefined) return null;
    if (this.#now() < known.expiresAt) return known;
    this.#forget(name, known);
    return null;
  }

  #remember(repeatable: Repeatable, { body }: RecordedAnswer): void {
    repeatable.bytes = body.length + overheadBytes;
    repeatable.expiresAt = this.#now() + this.#maxAgeMs;
    this.#bytes += repeatable.bytes;
    for (const [name, oldest] of this.#known) {
      if (this.#bytes <= this.#maxBytes) return;
      if (Number.isFinite(oldest.expiresAt)) this.#forget(name, oldest);
    }
  }

  #forget(name: string, repeatable: Repeatable): void {
    if (this.#known.get(name) !== repeatable) return;
    this.#known.delete(name);
    this.#bytes -= repeatable.bytes;
  }
}
