/**
 * Keeps the items of each lane in order while a lane waits for something, and lets the other lanes pass. Items without
 * a lane never wait.
 */
export class TaskLanes<Item> {
  readonly #work: (item: Item) => void;
  readonly #lanes = new Map<string, Item[]>();
  readonly #running = new Map<string, Promise<void>>();
  #waiting = 0;

  constructor(work: (item: Item) => void) {
    this.#work = work;
  }

  /** Items that wait in any lane. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Works on an item now, or as soon as its lane is free; `blockedBy` tells what the lane waits for after an item. */
  push(lane: string | null, item: Item, blockedBy: (lane: string) => Promise<void> | null): void {
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
    this.#work(item);
    const block = blockedBy(lane);
    if (block === null) return;
    this.#lanes.set(lane, []);
    this.#running.set(lane, this.#run(lane, block, blockedBy));
  }

  /** Resolves when no lane waits any more; rejects with what the work threw. */
  async drained(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  async #run(lane: string, block: Promise<void>, blockedBy: (lane: string) => Promise<void> | null): Promise<void> {
    await block;
    const queue = this.#lanes.get(lane) ?? [];
    try {
      for (let next = 0; next < queue.length; next++) {
        this.#waiting--;
        this.#work(queue[next] as Item);
        const again = blockedBy(lane);
        if (again !== null) await again;
      }
    } finally {
      this.#lanes.delete(lane);
      this.#running.delete(lane);
    }
  }
}
