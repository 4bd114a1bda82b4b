/** Times kept of all calls, and of the last ones. */
const mostTimes = 64;

/** When the calls of a template came: an even sample of all, and the last ones. */
export class CallTimes {
  #sample: number[] = [];
  #last: number[] = [];
  #stride = 1;
  #count = 0;

  add(at: number): void {
    if (this.#count % this.#stride === 0) this.#sample.push(at);
    this.#count++;
    if (this.#sample.length > 2 * mostTimes) {
      this.#sample = this.#sample.filter((_, index) => index % 2 === 0);
      this.#stride *= 2;
    }
    this.#last.push(at);
    if (this.#last.length > 2 * mostTimes) this.#last = this.#last.slice(-mostTimes);
  }

  /** How many calls there were. */
  get count(): number {
    return this.#count;
  }

  /** An even sample, milliseconds since 1970, in the order the calls came. */
  get sample(): readonly number[] {
    return this.#sample;
  }

  /** Calls that one of the sample stands for. */
  get stride(): number {
    return this.#stride;
  }

  /** The last calls, the newest at the end. */
  get last(): readonly number[] {
    return this.#last.slice(-mostTimes);
  }

  toJSON(): CallTimesState {
    return { sample: this.#sample, last: this.#last, stride: this.#stride, count: this.#count };
  }

  static from(state: CallTimesState): CallTimes {
    const times = new CallTimes();
    times.#sample = [...state.sample];
    times.#last = [...state.last];
    times.#stride = state.stride;
    times.#count = state.count;
    return times;
  }
}

export interface CallTimesState {
  readonly sample: readonly number[];
  readonly last: readonly number[];
  readonly stride: number;
  readonly count: number;
}
