const RETRY_MS = 10 * 60_000;
const REMEMBERED = 10_000;

/** Inputs that a student answered a moment ago. The same input again is a retry or a regeneration: it goes to the teacher. */
export class RecentCalls {
  /** Input → when it was answered (milliseconds since 1970), oldest first. */
  readonly #answered = new Map<string, number>();

  add(slots: readonly string[], at: number): void {
    const key = keyOf(slots);
    this.#answered.delete(key);
    this.#answered.set(key, at);
    for (const [oldest, time] of this.#answered) {
      if (this.#answered.size <= REMEMBERED && at - time <= RETRY_MS) break;
      this.#answered.delete(oldest);
    }
  }

  has(slots: readonly string[], at: number): boolean {
    const time = this.#answered.get(keyOf(slots));
    return time !== undefined && Math.abs(at - time) <= RETRY_MS;
  }
}

function keyOf(slots: readonly string[]): string {
  return slots.join('\u0000');
}
