import type { RequestEnd } from '../gateway/gateway.ts';

/** Seconds; from a student's answer to the longest of a large model. */
export const durationBuckets = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600,
] as const;

/** Requests of one endpoint that one kind of answerer answered. */
export interface Answered {
  readonly endpoint: string;
  readonly answeredBy: string;
  /** By status of the answer. */
  readonly statuses: Map<number, number>;
  /** How many took at most as long as each bucket's end and longer than the one before; the last took longer than all. */
  readonly durations: Float64Array;
  seconds: number;
  requests: number;
  inputTokens: number;
  outputTokens: number;
}

/** What has gone through, counted: sums and small maps only, because it is paid for by every request. */
export class RequestTally {
  readonly #answered = new Map<string, Map<string, Answered>>();
  readonly errors = new Map<string, number>();
  readonly attempts = new Map<string, number>();
  /** US dollars, of the answers whose price is known. */
  cost = 0;
  unpriced = 0;

  get answered(): readonly Answered[] {
    return [...this.#answered.values()].flatMap((byAnswerer) => [...byAnswerer.values()]);
  }

  add(end: RequestEnd): void {
    const { status, answeredBy, usage, error, attempts } = end;
    const sums = this.#sumsOf(end.endpoint ?? 'none', answeredBy);
    const seconds = end.durationMs / 1_000;
    sums.requests++;
    sums.seconds += seconds;
    sums.durations[bucketOf(seconds)]!++;
    count(sums.statuses, status);
    if (usage !== null) {
      sums.inputTokens += usage.inputTokens ?? 0;
      sums.outputTokens += usage.outputTokens ?? 0;
    }
    if (error !== null) count(this.errors, error);
    if (attempts > 0) count(this.attempts, end.deployment ?? 'default', attempts);
    if (answeredBy !== 'teacher' || status >= 400) return;
    if (end.cost === null) this.unpriced++;
    else this.cost += end.cost;
  }

  #sumsOf(endpoint: string, answeredBy: string): Answered {
    const byAnswerer = this.#answered.get(endpoint);
    const known = byAnswerer?.get(answeredBy);
    if (known !== undefined) return known;
    const sums = noneOf(endpoint, answeredBy);
    if (byAnswerer === undefined) this.#answered.set(endpoint, new Map([[answeredBy, sums]]));
    else byAnswerer.set(answeredBy, sums);
    return sums;
  }
}

function noneOf(endpoint: string, answeredBy: string): Answered {
  const durations = new Float64Array(durationBuckets.length + 1);
  return {
    endpoint,
    answeredBy,
    statuses: new Map(),
    durations,
    seconds: 0,
    requests: 0,
    inputTokens: 0,
    outputTokens: 0,
  };
}

function bucketOf(seconds: number): number {
  const bucket = durationBuckets.findIndex((end) => seconds <= end);
  return bucket < 0 ? durationBuckets.length : bucket;
}

function count<Key>(counts: Map<Key, number>, key: Key, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
