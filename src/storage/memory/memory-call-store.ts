import { RightsizeError } from '../../errors.ts';
import type {
  CallFilter,
  CallListQuery,
  CallScanQuery,
  CallStore,
  FoundReference,
  Removal,
  RetentionRule,
  StoredCall,
  TaskReference,
} from '../call-store.ts';
import { referenceOf } from '../user-reference.ts';

interface Entry {
  readonly seq: number;
  readonly stored: StoredCall;
}

export class MemoryCallStore implements CallStore {
  readonly #entries = new Map<string, Entry>();
  /** In time order; null when it must be sorted again. */
  #sorted: readonly Entry[] | null = [];
  #next = 0;

  async append(calls: readonly StoredCall[]): Promise<number> {
    const before = this.#entries.size;
    for (const stored of calls) {
      if (!this.#entries.has(stored.call.id)) this.#entries.set(stored.call.id, { seq: this.#next++, stored });
    }
    this.#sorted = null;
    return this.#entries.size - before;
  }

  async get(id: string): Promise<StoredCall | null> {
    return this.#entries.get(id)?.stored ?? null;
  }

  async list({ limit, before, ...filter }: CallListQuery): Promise<readonly StoredCall[]> {
    const entries = this.#inTimeOrder();
    const result: StoredCall[] = [];
    let index = before === undefined ? entries.length : entries.indexOf(this.#entryOf(before));
    while (--index >= 0 && result.length < limit) {
      const stored = entries[index]?.stored;
      if (stored && isWanted(stored, filter)) result.push(stored);
    }
    return result;
  }

  async *scan({ from = -Infinity, to = Infinity, ...filter }: CallScanQuery = {}): AsyncIterable<StoredCall> {
    for (const { stored } of this.#inTimeOrder()) {
      // A call may have been assigned or removed since the scan began.
      const current = this.#entries.get(stored.call.id)?.stored;
      if (current && current.call.at >= from && current.call.at < to && isWanted(current, filter)) yield current;
    }
  }

  async count(filter: CallFilter = {}): Promise<number> {
    let calls = 0;
    for (const { stored } of this.#entries.values()) if (isWanted(stored, filter)) calls++;
    return calls;
  }

  async assign(matches: ReadonlyMap<string, TaskReference | null>): Promise<number> {
    let found = 0;
    for (const [id, match] of matches) {
      const entry = this.#entries.get(id);
      if (!entry) continue;
      this.#entries.set(id, { ...entry, stored: { ...entry.stored, match } });
      found++;
    }
    this.#sorted = null;
    return found;
  }

  async remove(rule: RetentionRule): Promise<Removal> {
    if ('olderThan' in rule)
      return this.#removeWhere((stored) => stored.call.at < rule.olderThan && isWanted(stored, rule));
    let excess = (await this.size()) - rule.largerThanBytes;
    const tooMuch = new Set<string>();
    for (const { stored } of this.#inTimeOrder()) {
      if (excess <= 0) break;
      tooMuch.add(stored.call.id);
      excess -= sizeOf(stored);
    }
    return this.#removeWhere(({ call }) => tooMuch.has(call.id));
  }

  forgetTask(task: string): Promise<Removal> {
    return this.#removeWhere(({ match }) => match?.task === task);
  }

  async ofUser(user: string, { tenant }: Pick<CallFilter, 'tenant'> = {}): Promise<readonly FoundReference[]> {
    return this.#inTimeOrder()
      .map(({ stored }) => stored)
      .filter((stored) => referenceOf(stored) === user && isWanted(stored, { tenant }))
      .map(({ call: { id, at, tenant: owner }, match }) => ({ id, at, tenant: owner, match }));
  }

  async erase(ids: readonly string[]): Promise<Removal> {
    const unwanted = new Set(ids);
    return this.#removeWhere(({ call }) => unwanted.has(call.id));
  }

  async size(): Promise<number> {
    let bytes = 0;
    for (const { stored } of this.#entries.values()) bytes += sizeOf(stored);
    return bytes;
  }

  async #removeWhere(isUnwanted: (stored: StoredCall) => boolean): Promise<Removal> {
    const removed = [...this.#entries.values()].filter(({ stored }) => isUnwanted(stored));
    for (const { stored } of removed) this.#entries.delete(stored.call.id);
    this.#sorted = null;
    return { calls: removed.length, bytes: removed.reduce((bytes, { stored }) => bytes + sizeOf(stored), 0) };
  }

  #entryOf(id: string): Entry {
    const entry = this.#entries.get(id);
    if (!entry) throw new RightsizeError('call_not_found', `There is no call \`${id}\`.`);
    return entry;
  }

  #inTimeOrder(): readonly Entry[] {
    this.#sorted ??= [...this.#entries.values()].sort((a, b) => a.stored.call.at - b.stored.call.at || a.seq - b.seq);
    return this.#sorted;
  }
}

function isWanted({ call, match }: StoredCall, { task, tenant }: CallFilter): boolean {
  if (tenant !== undefined && call.tenant !== tenant) return false;
  return task === undefined || (match?.task ?? null) === task;
}

function sizeOf(stored: StoredCall): number {
  return 2 * JSON.stringify(stored).length;
}
