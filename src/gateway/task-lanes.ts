/**
 * Keeps the items of each lane in order while a lane waits for something, and lets the other lanes pass. Work on an item
 * without a lane must not take time.
 */
export class TaskLanes<Item> {
  readonly #work: (item: Item) => void | Promise<void>;
  readonly #blockedBy: (lane: string) => Promise<void> | null;
  readonly #lanes = new Map<string, Item[]>();
  readonly #running = new Map<string, Promise<void>>();
  #waiting = 0;
  #failure: { readonly error: unknown } | null = null;

  /** `blockedBy` tells what a lane waits for now; it is asked before each item and after the last. */
  constructor(work: (item: Item) => void | Promise<void>, blockedBy: (lane: string) => Promise<void> | null) {
    this.#work = work;
    this.#blockedBy = blockedBy;
  }

  /** Items that wait in any lane. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Works on an item now, or as soon as its lane is free. Throws what the work threw, on this item or on one that waited. */
  push(lane: string | null, item: Item): void {
    this.#throwFailure();
    if (lane === null) {
      this.#work(item);
      return;
    }
    const queue = this.#lanes.get(lane);
    if (queue !== undefined) {
      queue.push(item);
      this.#waiting++;
      return;
    }
    const isFree = this.#blockedBy(lane) === null;
    const working = isFree ? (this.#work(item) ?? null) : null;
    if (isFree && working === null && this.#blockedBy(lane) === null) return;
    this.#lanes.set(lane, isFree ? [] : [item]);
    this.#waiting += isFree ? 0 : 1;
    this.#running.set(lane, this.#run(lane, working));
  }

  /** Resolves when no lane waits any more; rejects with what the work threw. */
  async drained(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
    this.#throwFailure();
  }

  async #run(lane: string, working: Promise<void> | null): Promise<void> {
    const queue = this.#lanes.get(lane) ?? [];
    try {
      await working;
      await this.#free(lane);
      for (let next = 0; next < queue.length && this.#failure === null; next++) {
        this.#waiting--;
        await this.#work(queue[next] as Item);
        await this.#free(lane);
      }
    } catch (error) {
      // Kept for whoever pushes or waits next: nobody may be waiting for this lane now.
      this.#failure ??= { error };
    } finally {
      this.#lanes.delete(lane);
      this.#running.delete(lane);
    }
  }

  async #free(lane: string): Promise<void> {
    for (let block = this.#blockedBy(lane); block !== null; block = this.#blockedBy(lane)) await block;
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}
