import { type Amounts, type Limits, limitName, type Resource, resources, type Span, spans } from '../records/limits.ts';
import type { Spending } from '../storage/spend-store.ts';
import type { Period } from './calendar.ts';
import { PeriodUse, type Used } from './period-use.ts';
import { SlidingMinute } from './sliding-minute.ts';

/** One moment on both clocks. */
export interface Moment {
  /** Milliseconds of a clock that never jumps. */
  readonly steadyMs: number;
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
  readonly day: Period;
  readonly month: Period;
}

/** Of whom a meter is. */
export interface Subject {
  readonly kind: 'key' | 'tenant';
  /** Of the key; of a tenant its name. */
  readonly id: string;
  /** For people. */
  readonly name: string;
}

/** One limit and how much of it is gone. */
export interface LimitUse {
  readonly subject: Subject;
  readonly resource: Resource;
  readonly span: Span;
  readonly most: number;
  /** Used, and reserved for requests that are still being answered. */
  readonly taken: number;
  /** Milliseconds until something is left; 0 where something is. */
  readonly waitMs: number;
  /** Milliseconds until all of it is back. */
  readonly resetMs: number;
}

/** What a request has taken of a meter, until it is settled. */
export interface Hold {
  readonly day: PeriodUse;
  readonly month: PeriodUse;
  /** The second in which each resource was taken. */
  readonly seconds: readonly number[];
  readonly amounts: Amounts;
}

interface Limit {
  readonly resource: Resource;
  readonly span: Span;
  readonly most: number;
  /** Null for days and months. */
  readonly minute: SlidingMinute | null;
}

/** Days, and months, that are kept beside the running one: a clock that jumps may come back. */
const keptPeriods = 4;

/**
 * What one key or tenant uses, against its limits. Minutes slide and follow a clock that never jumps; days and months are
 * those of the calendar, UTC, each with a count of its own: a clock that jumps finds the count of the day it lands in, and
 * no day is spent twice.
 */
export class Meter {
  readonly subject: Subject;
  readonly #limits: readonly Limit[];
  readonly #minutes: readonly (SlidingMinute | null)[];
  readonly #periods: Map<string, PeriodUse>;

  /** `before`: the same subject under other limits, whose counts go on. */
  constructor(subject: Subject, limits: Limits, before: Meter | null = null) {
    this.subject = subject;
    const minutes = before === null ? [] : before.#minutes;
    this.#minutes = resources.map((resource, index) =>
      limits[limitName(resource, 'minute')] === undefined ? null : (minutes[index] ?? new SlidingMinute()),
    );
    this.#limits = listLimits(limits, this.#minutes);
    this.#periods = before === null ? new Map() : before.#periods;
  }

  limits(resource: Resource): boolean {
    return this.#limits.some((limit) => limit.resource === resource);
  }

  /** The first limit of which nothing is left; null where something is left of all. */
  exhausted(moment: Moment): LimitUse | null {
    for (const limit of this.#limits)
      if (this.#taken(limit, moment) >= limit.most) return this.#describe(limit, moment);
    return null;
  }

  take(amounts: Amounts, { steadyMs, day, month }: Moment): Hold {
    const hold = {
      day: this.#period(day.name),
      month: this.#period(month.name),
      seconds: this.#minutes.map((minute, index) => minute?.add(amountAt(amounts, index), steadyMs) ?? 0),
      amounts,
    };
    hold.day.take(amounts);
    hold.month.take(amounts);
    return hold;
  }

  /** What was really used takes the place of what was reserved, in the windows in which that was. */
  settle({ day, month, seconds, amounts }: Hold, used: Used, steadyMs: number): void {
    day.settle(amounts, used);
    month.settle(amounts, used);
    this.#minutes.forEach((minute, index) => {
      minute?.adjust(seconds[index] ?? 0, amountAt(used, index) - amountAt(amounts, index), steadyMs);
    });
  }

  /** Counts what the store knows from before. */
  restore({ period, ...used }: Omit<Spending, 'subject'>): void {
    this.#period(period).restore(used);
  }

  /** What the store does not know yet; it counts as told from now on. */
  takeUnsaved(): readonly Spending[] {
    const subject = subjectName(this.subject);
    return [...this.#periods].flatMap(([period, use]) => {
      const unsaved = use.takeUnsaved();
      return unsaved === null ? [] : [{ subject, period, ...unsaved }];
    });
  }

  /** The store did not take it: it is to be told again. */
  putBack(spendings: readonly Spending[]): void {
    for (const { period, subject: _, ...used } of spendings) this.#period(period).putBack(used);
  }

  /** All limits, used up or not. */
  uses(moment: Moment): readonly LimitUse[] {
    return this.#limits.map((limit) => this.#describe(limit, moment));
  }

  /** Of ended requests alone. */
  used({ name }: Period): Used {
    return this.#periods.get(name)?.used ?? { requests: 0, tokens: 0, usd: 0, unknown: 0 };
  }

  /** Of several limits on one resource the one that leaves least; null where it has none. */
  tightest(resource: Resource, moment: Moment): LimitUse | null {
    let tightest: Limit | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const limit of this.#limits) {
      if (limit.resource !== resource) continue;
      const left = limit.most - this.#taken(limit, moment);
      if (left >= least) continue;
      tightest = limit;
      least = left;
    }
    return tightest === null ? null : this.#describe(tightest, moment);
  }

  #describe(limit: Limit, moment: Moment): LimitUse {
    const { resource, span, most, minute } = limit;
    const taken = this.#taken(limit, moment);
    const untilEnd = moment[span === 'month' ? 'month' : 'day'].endsAt - moment.at;
    const untilRoom = minute === null ? untilEnd : minute.waitMs(most, moment.steadyMs);
    return {
      subject: this.subject,
      resource,
      span,
      most,
      taken,
      waitMs: taken < most ? 0 : untilRoom,
      resetMs: minute === null ? untilEnd : minute.resetMs(moment.steadyMs),
    };
  }

  #taken({ resource, span, minute }: Limit, moment: Moment): number {
    if (minute !== null) return minute.taken(moment.steadyMs);
    return this.#period(moment[span === 'month' ? 'month' : 'day'].name).taken[resource];
  }

  #period(name: string): PeriodUse {
    const known = this.#periods.get(name);
    if (known !== undefined) return known;
    const period = new PeriodUse();
    this.#periods.set(name, period);
    this.#forgetOldest(name.length);
    return period;
  }

  /** A day's name is longer than a month's. */
  #forgetOldest(nameLength: number): void {
    const alike = [...this.#periods].filter(([name]) => name.length === nameLength);
    if (alike.length <= keptPeriods) return;
    const idle = alike.slice(0, -1).find(([, period]) => period.isIdle);
    if (idle !== undefined) this.#periods.delete(idle[0]);
  }
}

/** The name under which the store knows it. */
export function subjectName({ kind, id }: Subject): string {
  return `${kind}:${id}`;
}

function listLimits(limits: Limits, minutes: readonly (SlidingMinute | null)[]): readonly Limit[] {
  return resources.flatMap((resource, index) =>
    spans.flatMap((span) => {
      const most = limits[limitName(resource, span)];
      const minute = span === 'minute' ? (minutes[index] ?? null) : null;
      return most === undefined ? [] : [{ resource, span, most, minute }];
    }),
  );
}

function amountAt(amounts: Amounts, index: number): number {
  const resource = resources[index];
  return resource === undefined ? 0 : amounts[resource];
}
