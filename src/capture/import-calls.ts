import { RightsizeError } from '../errors.ts';
import type { Call } from '../records/call.ts';
import type { CallStore, StoredCall } from '../storage/call-store.ts';
import { type BadLine, type ReadOptions, readCallLog } from './read-call-log.ts';

export interface ImportReport {
  /** Calls read from the files. */
  readonly calls: number;
  /** Of them stored now; the others were stored already, or are not to be kept. */
  readonly added: number;
  /** Calls that the settings do not keep. */
  readonly notKept: number;
  readonly badLines: number;
  /** Calls dated later than now. They are kept. */
  readonly future: number;
  /** Calls dated earlier than the call before them. They are kept. */
  readonly backwards: number;
  /** Milliseconds since 1970, UTC; null where nothing was read. */
  readonly from: number | null;
  readonly to: number | null;
}

export interface ImportOptions extends ReadOptions {
  readonly files: readonly string[];
  readonly calls: Pick<CallStore, 'append'>;
  /** Milliseconds since 1970, UTC. */
  readonly now: number;
  /** A call as it is to be kept, redacted for instance; null where it is not to be kept. As it is, where this is left out. */
  readonly prepare?: (call: Call) => StoredCall | null;
}

/** What was imported, and what ended it early: a broken file, a full disk, an interrupt. What the report counts is stored. */
export interface ImportOutcome {
  readonly report: ImportReport;
  readonly failure: unknown;
}

/** Calls in one transaction. */
const batchSize = 512;
/** Clocks of two machines may differ by so much without anybody wondering. */
const clockToleranceMs = 60_000;

/** Reads call logs into a store, batch by batch; each batch is stored whole or not at all. Never rejects: see `failure`. */
export async function importCalls(options: ImportOptions): Promise<ImportOutcome> {
  const tally = new Tally(options.now);
  const { prepare = (call: Call): StoredCall => ({ call, route: null, match: null }) } = options;
  let batch: Call[] = [];
  const store = async (): Promise<void> => {
    const full = batch;
    batch = [];
    const kept = full.map(prepare).filter((stored) => stored !== null);
    const added = await options.calls.append(kept);
    tally.stored(full, { added, notKept: full.length - kept.length });
  };
  const onBadLine = (bad: BadLine): void => {
    tally.badLines++;
    options.onBadLine?.(bad);
  };
  let failure: unknown = null;
  try {
    for await (const call of readCallLog(options.files, { ...options, onBadLine })) {
      batch.push(call);
      if (batch.length >= batchSize) await store();
      options.signal?.throwIfAborted();
    }
  } catch (error) {
    failure = options.signal?.aborted ? interrupted(error) : error;
  }
  try {
    await store();
  } catch (error) {
    failure ??= error;
  }
  return { report: tally.report(), failure };
}

function interrupted(cause: unknown): RightsizeError {
  return new RightsizeError('interrupted', 'Stopped before the end of the log.', { cause });
}

class Tally {
  badLines = 0;
  readonly #now: number;
  #calls = 0;
  #added = 0;
  #notKept = 0;
  #future = 0;
  #backwards = 0;
  #from: number | null = null;
  #to: number | null = null;
  #last = -Infinity;

  constructor(now: number) {
    this.#now = now;
  }

  stored(calls: readonly Call[], { added, notKept }: Pick<ImportReport, 'added' | 'notKept'>): void {
    this.#added += added;
    this.#notKept += notKept;
    for (const { at } of calls) {
      this.#calls++;
      if (at > this.#now + clockToleranceMs) this.#future++;
      if (at < this.#last) this.#backwards++;
      this.#last = at;
      this.#from = Math.min(this.#from ?? at, at);
      this.#to = Math.max(this.#to ?? at, at);
    }
  }

  report(): ImportReport {
    return {
      calls: this.#calls,
      added: this.#added,
      notKept: this.#notKept,
      badLines: this.badLines,
      future: this.#future,
      backwards: this.#backwards,
      from: this.#from,
      to: this.#to,
    };
  }
}
