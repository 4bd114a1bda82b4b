/** A day or a month, UTC: no daylight saving, months as long as they are. */
export interface Period {
  /** `2026-11-25` or `2026-11`. */
  readonly name: string;
  /** Milliseconds since 1970, included. */
  readonly startsAt: number;
  /** Excluded. */
  readonly endsAt: number;
}

export function dayOf(at: number): Period {
  const date = new Date(at);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const startsAt = Date.UTC(year, month, day);
  return { name: new Date(startsAt).toISOString().slice(0, 10), startsAt, endsAt: Date.UTC(year, month, day + 1) };
}

export function monthOf(at: number): Period {
  const date = new Date(at);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const startsAt = Date.UTC(year, month);
  return { name: new Date(startsAt).toISOString().slice(0, 7), startsAt, endsAt: Date.UTC(year, month + 1) };
}

/** Remembers the period that is running: most requests come in the same one as the last. */
export function rememberingPeriod(periodOf: (at: number) => Period): (at: number) => Period {
  let running = periodOf(0);
  return (at) => {
    if (at < running.startsAt || at >= running.endsAt) running = periodOf(at);
    return running;
  };
}
