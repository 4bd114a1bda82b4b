import type { Limits } from '../records/limits.ts';
import type { Spending, SpendStore } from '../storage/spend-store.ts';
import { dayOf, monthOf, rememberingPeriod } from './calendar.ts';
import { Meter, type Moment, type Subject, subjectName } from './meter.ts';

/** The two clocks of limits. */
export interface Clocks {
  /** Milliseconds since 1970, UTC; may jump. */
  readonly now: () => number;
  /** Milliseconds of a clock that never jumps. */
  readonly steady: () => number;
}

export const systemClocks: Clocks = { now: Date.now, steady: () => performance.now() };

export interface MetersOptions {
  readonly store: SpendStore;
  readonly clocks?: Clocks;
  /** How long what was used may be known here alone; a crash forgets that much. 1,000 by default. */
  readonly saveAfterMs?: number;
  /** Told when the store does not take it: it is offered again. */
  readonly onProblem?: (problem: unknown) => void;
}

const dayMs = 86_400_000;

/** All meters of an installation. What was used is added to the store behind the requests, in batches. */
export class Meters {
  readonly #store: SpendStore;
  readonly #clocks: Clocks;
  readonly #saveAfterMs: number;
  readonly #onProblem: (problem: unknown) => void;
  readonly #meters = new Map<string, Meter>();
  readonly #restored = new Map<string, Spending[]>();
  readonly #unsaved = new Set<Meter>();
  readonly #day = rememberingPeriod(dayOf);
  readonly #month = rememberingPeriod(monthOf);
  #timer: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(options: MetersOptions) {
    this.#store = options.store;
    this.#clocks = options.clocks ?? systemClocks;
    this.#saveAfterMs = options.saveAfterMs ?? 1_000;
    this.#onProblem = options.onProblem ?? (() => {});
  }

  /** Counts go on where the store left them, in the days and months around now. */
  static async open(options: MetersOptions): Promise<Meters> {
    const meters = new Meters(options);
    const now = meters.#clocks.now();
    const around = [-1, 0, 1].flatMap((step) => [
      dayOf(now + step * dayMs).name,
      monthOf(now + step * 28 * dayMs).name,
    ]);
    for (const spending of await options.store.list({ periods: [...new Set(around)] })) {
      const known = meters.#restored.get(spending.subject);
      if (known === undefined) meters.#restored.set(spending.subject, [spending]);
      else known.push(spending);
    }
    return meters;
  }

  moment(): Moment {
    const at = this.#clocks.now();
    return { steadyMs: this.#clocks.steady(), at, day: this.#day(at), month: this.#month(at) };
  }

  /** The meter of a key or a tenant. Other limits than before take hold at once; counts go on. */
  of(subject: Subject, limits: Limits): Meter {
    const name = subjectName(subject);
    const before = this.#meters.get(name) ?? null;
    const meter = new Meter(subject, limits, before);
    if (before === null) for (const spending of this.#restored.get(name) ?? []) meter.restore(spending);
    this.#meters.set(name, meter);
    return meter;
  }

  find(subject: Pick<Subject, 'kind' | 'id'>): Meter | null {
    return this.#meters.get(`${subject.kind}:${subject.id}`) ?? null;
  }

  /** Something was used: it is stored soon. */
  changed(meter: Meter): void {
    this.#unsaved.add(meter);
    this.#timer ??= setTimeout(() => void this.save(), this.#saveAfterMs).unref();
  }

  /** Stores what it does not know yet. Never throws: what fails is told and offered again. */
  save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#saving = this.#saving.then(() => this.#saveNow());
    return this.#saving;
  }

  async #saveNow(): Promise<void> {
    const unsaved = [...this.#unsaved].map((meter) => ({ meter, spendings: meter.takeUnsaved() }));
    this.#unsaved.clear();
    const spendings = unsaved.flatMap((each) => each.spendings);
    if (spendings.length === 0) return;
    try {
      await this.#store.add(spendings);
    } catch (problem) {
      for (const each of unsaved) {
        each.meter.putBack(each.spendings);
        this.changed(each.meter);
      }
      this.#onProblem(problem);
    }
  }

  /** Stores what is left. Reservations end with the process. */
  async close(): Promise<void> {
    await this.save();
    clearTimeout(this.#timer);
  }
}
