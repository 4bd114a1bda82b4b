/** A text that waits for its vector, and whoever waits for it. */
export interface WaitingText {
  readonly text: string;
  resolve(vector: Float32Array): void;
  reject(error: unknown): void;
}

interface Entry extends WaitingText {
  readonly promise: Promise<Float32Array>;
  isTaken: boolean;
}

/** Whoever asks for so few texts at once waits for an answer, and not for a training. */
const fewTexts = 8;
/** Characters of a part of a long list: short enough that a request which comes meanwhile hardly waits. */
const partCharacters = 1_000;

/** Texts to be encoded. Short lists pass long ones; a text that waits already is not put in again. */
export class TextQueue {
  readonly #entries = new Map<string, Entry>();
  readonly #soon: Entry[] = [];
  #later: Entry[] = [];
  #nextLater = 0;

  /** Texts that wait or are being worked on. */
  get size(): number {
    return this.#entries.size;
  }

  /** `together`: how many texts were asked for with this one. */
  add(text: string, together: number): Promise<Float32Array> {
    const entry = this.#entries.get(text) ?? this.#enter(text);
    if (entry.isTaken) return entry.promise;
    // One that waits in the long line may stand in the short one as well.
    if (together <= fewTexts) this.#soon.push(entry);
    else this.#later.push(entry);
    return entry.promise;
  }

  /** What is to be worked on next, at most so many texts; empty where nothing waits. */
  take(mostTexts: number): readonly WaitingText[] {
    const taken: Entry[] = [];
    const takeFrom = (next: () => Entry | undefined, mostCharacters: number): void => {
      let characters = 0;
      while (taken.length < mostTexts && characters < mostCharacters) {
        const entry = next();
        if (entry === undefined) return;
        if (entry.isTaken) continue;
        entry.isTaken = true;
        characters += entry.text.length;
        taken.push(entry);
      }
    };
    takeFrom(() => this.#soon.shift(), Number.POSITIVE_INFINITY);
    if (taken.length === 0) takeFrom(() => this.#shiftLater(), partCharacters);
    return taken;
  }

  /** Rejects all that waits, taken or not. */
  fail(error: unknown): void {
    for (const entry of [...this.#entries.values()]) entry.reject(error);
    this.#soon.length = 0;
    this.#later = [];
    this.#nextLater = 0;
  }

  #enter(text: string): Entry {
    const leave = (): void => void this.#entries.delete(text);
    let settle: Pick<WaitingText, 'resolve' | 'reject'> = { resolve: () => {}, reject: () => {} };
    const promise = new Promise<Float32Array>((resolve, reject) => {
      settle = { resolve, reject };
    });
    const entry: Entry = {
      text,
      promise,
      isTaken: false,
      resolve(vector) {
        leave();
        settle.resolve(vector);
      },
      reject(error) {
        leave();
        settle.reject(error);
      },
    };
    this.#entries.set(text, entry);
    return entry;
  }

  /** A list of a training is long: shifting each of its texts would move all the others. */
  #shiftLater(): Entry | undefined {
    const entry = this.#later[this.#nextLater++];
    if (entry === undefined) {
      this.#later = [];
      this.#nextLater = 0;
    }
    return entry;
  }
}
