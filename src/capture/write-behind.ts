import { type ErrorCode, RightsizeError } from '../errors.ts';
import type { Json } from '../records/call.ts';
import type { CallStore, StoredCall } from '../storage/call-store.ts';

export interface WriteBehindCounts {
  /** Waiting to be stored. */
  readonly queued: number;
  readonly written: number;
  /** Lost: the queue was full, or the store would not take this very call. */
  readonly dropped: number;
  /** Attempts to store that failed. */
  readonly failures: number;
}

/** Stores calls after their answers are on the way. Nothing here ever throws into its caller. */
export interface WriteBehind {
  /** False where the call was dropped. */
  add(stored: StoredCall): boolean;
  /** Resolves when all that was added before is stored, or could not be. */
  flush(): Promise<void>;
  /** Stores what is left, trying once and for `closeWithinMs` at most; what cannot be stored is counted as dropped. */
  close(): Promise<void>;
  readonly counts: WriteBehindCounts;
}

export interface WriteBehindOptions {
  readonly calls: Pick<CallStore, 'append'>;
  /** Calls that may wait; later ones are dropped. */
  readonly capacity?: number;
  /** Characters that the waiting calls may have together, about; a call more is dropped. */
  readonly capacityCharacters?: number;
  /** Calls that are stored at once. */
  readonly batch?: number;
  readonly delayMs?: number;
  /** Longest wait before the next attempt after failures; waits double from `delayMs`. */
  readonly longestDelayMs?: number;
  readonly closeWithinMs?: number;
  /** Called once when storing begins to fail, and with null when it works again. */
  readonly onProblem?: (problem: unknown) => void;
  /** Called once when calls begin to be dropped, and once when the queue is half empty again. */
  readonly onDropping?: (isDropping: boolean) => void;
}

/** Problems of the place, not of the call: the same call can be stored when they are over. */
const passing: ReadonlySet<ErrorCode> = new Set(['disk_full', 'folder_not_writable', 'folder_in_use']);

export function createWriteBehind(options: WriteBehindOptions): WriteBehind {
  return new Queue(options);
}

interface Waiting {
  readonly stored: StoredCall;
  readonly characters: number;
}

class Queue implements WriteBehind {
  readonly #options: Required<Omit<WriteBehindOptions, 'calls'>>;
  readonly #calls: Pick<CallStore, 'append'>;
  #waiting: Waiting[] = [];
  #characters = 0;
  #written = 0;
  #dropped = 0;
  #failures = 0;
  #failuresInRow = 0;
  #timer: NodeJS.Timeout | null = null;
  #work: Promise<void> | null = null;
  #isClosed = false;
  #isDropping = false;

  constructor({ calls, ...options }: WriteBehindOptions) {
    this.#calls = calls;
    this.#options = {
      capacity: 5_000,
      capacityCharacters: 64 * 1024 * 1024,
      batch: 256,
      delayMs: 50,
      longestDelayMs: 30_000,
      closeWithinMs: 5_000,
      onProblem: () => undefined,
      onDropping: () => undefined,
      ...options,
    };
  }

  get counts(): WriteBehindCounts {
    return { queued: this.#waiting.length, written: this.#written, dropped: this.#dropped, failures: this.#failures };
  }

  add(stored: StoredCall): boolean {
    const characters = charactersIn(stored.call.request) + charactersIn(stored.call.response);
    if (this.#isClosed || !this.#hasRoomFor(characters)) {
      this.#dropped++;
      if (!this.#isClosed) this.#tellDropping(true);
      return false;
    }
    if (this.#waiting.length <= this.#options.capacity / 2) this.#tellDropping(false);
    this.#waiting.push({ stored, characters });
    this.#characters += characters;
    if (this.#waiting.length >= this.#options.batch && this.#failuresInRow === 0) void this.#store();
    else this.#schedule();
    return true;
  }

  async flush(): Promise<void> {
    while (this.#waiting.length > 0 || this.#work) {
      await this.#store();
      if (this.#failuresInRow > 0) return;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    // A store that never answers must not keep the process.
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#options.closeWithinMs);
    });
    await Promise.race([this.flush(), patience]);
    clearTimeout(timer);
    this.#cancel();
    this.#dropped += this.#waiting.length;
    this.#take(this.#waiting.length);
  }

  /** One call always fits, however large. */
  #hasRoomFor(characters: number): boolean {
    const { capacity, capacityCharacters } = this.#options;
    if (this.#waiting.length === 0) return capacity > 0;
    return this.#waiting.length < capacity && this.#characters + characters <= capacityCharacters;
  }

  #take(calls: number): void {
    for (const { characters } of this.#waiting.splice(0, calls)) this.#characters -= characters;
  }

  #schedule(): void {
    if (this.#timer || this.#work || this.#waiting.length === 0) return;
    const { delayMs, longestDelayMs } = this.#options;
    const delay = Math.min(longestDelayMs, delayMs * 2 ** this.#failuresInRow);
    this.#timer = setTimeout(() => void this.#store(), delay);
  }

  #cancel(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** One batch at a time; whoever asks meanwhile waits for the one under way. */
  #store(): Promise<void> {
    this.#cancel();
    this.#work ??= this.#storeBatch().finally(() => {
      this.#work = null;
      if (this.#waiting.length >= this.#options.batch && this.#failuresInRow === 0) void this.#store();
      else if (!this.#isClosed) this.#schedule();
    });
    return this.#work;
  }

  async #storeBatch(): Promise<void> {
    const batch = this.#waiting.slice(0, this.#options.batch).map(({ stored }) => stored);
    if (batch.length === 0) return;
    try {
      await this.#calls.append(batch);
      this.#take(batch.length);
      this.#succeeded(batch.length);
    } catch (error) {
      this.#failures++;
      if (isPassing(error)) this.#failed(error);
      else await this.#storeSingly(batch, error);
    }
  }

  /** A call that the store refuses must not keep the others out. */
  async #storeSingly(batch: readonly StoredCall[], refusal: unknown): Promise<void> {
    for (const stored of batch) {
      try {
        await this.#calls.append([stored]);
        this.#succeeded(1);
      } catch (error) {
        if (isPassing(error)) return this.#failed(error);
        this.#dropped++;
        this.#tell(refusal);
      }
      this.#take(1);
    }
  }

  #succeeded(calls: number): void {
    this.#written += calls;
    if (this.#failuresInRow > 0) this.#tell(null);
    this.#failuresInRow = 0;
  }

  #failed(error: unknown): void {
    this.#failuresInRow++;
    if (this.#failuresInRow === 1) this.#tell(error);
  }

  #tell(problem: unknown): void {
    try {
      this.#options.onProblem(problem);
    } catch {
      return;
    }
  }

  #tellDropping(isDropping: boolean): void {
    if (this.#isDropping === isDropping) return;
    this.#isDropping = isDropping;
    try {
      this.#options.onDropping(isDropping);
    } catch {
      return;
    }
  }
}

/** Roughly what a body weighs: its texts, and a little for everything else. */
function charactersIn(value: Json | undefined): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let characters = 8;
  for (const part of Object.values(value)) characters += charactersIn(part);
  return characters;
}

function isPassing(error: unknown): boolean {
  return error instanceof RightsizeError && passing.has(error.code);
}
