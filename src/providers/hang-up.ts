/** The part of an AbortSignal that providers use; a whole one costs a call ten microseconds. */
export interface HangUpSignal {
  readonly aborted: boolean;
  /** Why; undefined until then. */
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Says once that nobody waits for the answer any more. */
export class HangUp implements HangUpSignal {
  #listeners: (() => void)[] = [];
  #aborted = false;
  reason: unknown;

  get aborted(): boolean {
    return this.#aborted;
  }

  /** Tells every listener. A second time does nothing. */
  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.reason = reason;
    for (const listener of this.#listeners.splice(0)) listener();
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.reason;
  }

  /** A listener is called once at most. */
  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners = this.#listeners.filter((each) => each !== listener);
  }
}
