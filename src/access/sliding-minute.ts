const secondMs = 1_000;
/** The current second and the sixty before it: no minute, wherever it begins, is counted short. */
const seconds = 61;

/**
 * What was taken in the last sixty seconds (up to sixty-one), second by second. Times are of a clock that never jumps
 * (`performance.now()`), in milliseconds; one that stands still or runs backwards counts as the latest seen.
 */
export class SlidingMinute {
  readonly #taken = new Float64Array(seconds);
  #newest = 0;
  #sum = 0;

  /** The second it was taken in, for `adjust`. */
  add(amount: number, at: number): number {
    this.#moveTo(at);
    this.#change(this.#newest, amount);
    return this.#newest;
  }

  /** Corrects what was taken in a second; one that has left the window is past correcting. */
  adjust(second: number, difference: number, at: number): void {
    this.#moveTo(at);
    if (second > this.#newest - seconds) this.#change(second, difference);
  }

  taken(at: number): number {
    this.#moveTo(at);
    return this.#sum;
  }

  /** Milliseconds until less than `most` is taken, if nothing more comes. */
  waitMs(most: number, at: number): number {
    let left = this.taken(at);
    if (left < most) return 0;
    for (let second = Math.max(0, this.#newest - seconds + 1); second <= this.#newest; second++) {
      if (left < most) return (second + seconds - 1) * secondMs - at;
      left -= this.#taken[second % seconds] ?? 0;
    }
    return (this.#newest + seconds) * secondMs - at;
  }

  /** Milliseconds until nothing is taken, if nothing more comes. */
  resetMs(at: number): number {
    this.#moveTo(at);
    for (let second = this.#newest; second > this.#newest - seconds && second >= 0; second--) {
      if (this.#taken[second % seconds]) return Math.max(0, (second + seconds) * secondMs - at);
    }
    return 0;
  }

  #change(second: number, difference: number): void {
    this.#taken[second % seconds] = (this.#taken[second % seconds] ?? 0) + difference;
    this.#sum += difference;
  }

  #moveTo(at: number): void {
    const second = Math.floor(at / secondMs);
    if (second <= this.#newest) return;
    if (second - this.#newest >= seconds) this.#taken.fill(0);
    else for (let passed = this.#newest + 1; passed <= second; passed++) this.#taken[passed % seconds] = 0;
    this.#newest = second;
    // Anew every second, so that fractions do not drift.
    this.#sum = this.#taken.reduce((sum, taken) => sum + taken, 0);
  }
}
