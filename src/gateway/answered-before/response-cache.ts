import type { Settings } from '../../settings.ts';
import type { RecordedAnswer } from './record-answer.ts';

/** An answer that is given again to whoever asks the same. */
export interface CachedAnswer {
  readonly answer: RecordedAnswer;
  /** As the request named it. */
  readonly model: string | null;
  /** US dollars it cost, and costs nobody again; null where that is not known. */
  readonly cost: number | null;
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
}

export interface CacheCounts {
  readonly hits: number;
  /** US dollars, over the hits whose price is known. */
  readonly savedUsd: number;
  readonly answers: number;
  readonly bytes: number;
}

interface Shelf {
  readonly answers: Map<string, CachedAnswer>;
  bytes: number;
}

/** What is kept of an answer besides its body, roughly. */
const overheadBytes = 1_000;
const mostShelves = 1_000;

/**
 * Answers to requests that were asked before, byte for byte. Each tenant has a shelf of its own: what one was answered no
 * other ever finds, nor can it drive it out while it holds less.
 */
export class ResponseCache {
  #settings: Settings['cache'];
  #isOn: boolean;
  readonly #now: () => number;
  readonly #shelves = new Map<string, Shelf>();
  #bytes = 0;
  #hits = 0;
  #savedUsd = 0;

  constructor(settings: Settings['cache'], now: () => number) {
    this.#settings = settings;
    this.#isOn = isForSomebody(settings);
    this.#now = now;
  }

  get counts(): CacheCounts {
    const answers = [...this.#shelves.values()].reduce((sum, shelf) => sum + shelf.answers.size, 0);
    return { hits: this.#hits, savedUsd: this.#savedUsd, answers, bytes: this.#bytes };
  }

  /** Forgets all answers: whoever gave them may be another one under the same name now. */
  configure(settings: Settings['cache']): void {
    this.#settings = settings;
    this.#isOn = isForSomebody(settings);
    this.clear();
  }

  /** Forgets all answers. */
  clear(): void {
    this.#shelves.clear();
    this.#bytes = 0;
  }

  /** Whether it is for anybody at all. */
  get isOn(): boolean {
    return this.#isOn;
  }

  isFor(tenant: string): boolean {
    return this.#ofTenant(tenant)?.enabled ?? this.#settings.enabled;
  }

  find(tenant: string, place: string): CachedAnswer | null {
    const shelf = this.#shelves.get(tenant);
    const found = shelf?.answers.get(place);
    if (shelf === undefined || found === undefined) return null;
    const maxAgeSeconds = this.#ofTenant(tenant)?.maxAgeSeconds ?? this.#settings.maxAgeSeconds;
    if (Math.abs(this.#now() - found.at) >= maxAgeSeconds * 1_000) {
      this.#remove(shelf, place);
      return null;
    }
    // Last in the order of use.
    shelf.answers.delete(place);
    shelf.answers.set(place, found);
    return found;
  }

  /** It was given again: what it would have cost was saved. */
  countHit({ cost }: CachedAnswer): void {
    this.#hits++;
    this.#savedUsd += cost ?? 0;
  }

  add(tenant: string, place: string, answer: Omit<CachedAnswer, 'at'>): void {
    const largest = Math.min(this.#ofTenant(tenant)?.maxBytes ?? Number.POSITIVE_INFINITY, this.#settings.maxBytes);
    if (sizeOf(answer) > largest) return;
    const shelf = this.#shelves.get(tenant) ?? { answers: new Map(), bytes: 0 };
    this.#shelves.set(tenant, shelf);
    this.#removeOldestShelf();
    this.#remove(shelf, place);
    shelf.answers.set(place, { ...answer, at: this.#now() });
    shelf.bytes += sizeOf(answer);
    this.#bytes += sizeOf(answer);
    while (shelf.bytes > largest) this.#removeOldest(shelf);
    while (this.#bytes > this.#settings.maxBytes) this.#removeOldest(this.#fullest());
  }

  #ofTenant(tenant: string): Settings['cache']['tenants'][string] | undefined {
    const { tenants } = this.#settings;
    return Object.hasOwn(tenants, tenant) ? tenants[tenant] : undefined;
  }

  #fullest(): Shelf {
    return [...this.#shelves.values()].reduce((fullest, shelf) => (shelf.bytes > fullest.bytes ? shelf : fullest));
  }

  /** Tenants may be named by whoever calls: they are not remembered without end. */
  #removeOldestShelf(): void {
    if (this.#shelves.size <= mostShelves) return;
    for (const [tenant, { bytes }] of this.#shelves) {
      this.#shelves.delete(tenant);
      this.#bytes -= bytes;
      return;
    }
  }

  #removeOldest(shelf: Shelf): void {
    const [oldest] = shelf.answers.keys();
    if (oldest !== undefined) this.#remove(shelf, oldest);
  }

  #remove(shelf: Shelf, place: string): void {
    const known = shelf.answers.get(place);
    if (known === undefined) return;
    shelf.answers.delete(place);
    shelf.bytes -= sizeOf(known);
    this.#bytes -= sizeOf(known);
  }
}

function isForSomebody({ enabled, tenants }: Settings['cache']): boolean {
  return enabled || Object.values(tenants).some((tenant) => tenant.enabled === true);
}

function sizeOf({ answer }: Pick<CachedAnswer, 'answer'>): number {
  return answer.body.length + overheadBytes;
}
