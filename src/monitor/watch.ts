import { type AlarmState, BettingAlarm } from '../certify/betting-alarm.ts';

/** Why a student is taken back to the shadow without being asked. */
export type Suspicion = 'alarm' | 'new-label';

export interface WatchedCall {
  /** Whether the student answered, or would have, otherwise than the teacher. */
  readonly different: boolean;
  /** Only random checks bet; escalations are no fair sample. Where the promise is about answered calls, only those that would be. */
  readonly isSpotCheck: boolean;
  /** Whether the teacher's answer has a label that had not been seen before the student was certified. */
  readonly hasNewLabel: boolean;
}

export interface WatchSettings {
  readonly epsilon: number;
  readonly delta: number;
  /** Good–Turing's share of calls whose label nobody has seen, as of the certificate. */
  readonly unseenShare: number;
}

const SIGHTINGS_KEPT = 30;
/** Asked at every sighting, so it must be far rarer than a single test's δ. */
const SUSPICIOUS_BELOW = 1e-3;

/** What a {@link Watch} needs to go on after a restart. */
export interface WatchState extends WatchSettings {
  readonly alarm: AlarmState;
  /** How many calls had gone by at each of the latest sightings of new labels, oldest first. */
  readonly sightings: readonly number[];
  readonly calls: number;
  readonly checks: number;
  readonly different: number;
}

/**
 * Watches what a live student does: a betting alarm over spot checks, and labels that nobody had seen before. Two or more
 * sightings are suspicious where they come closer together than was to be expected: a task of 77 labels goes on showing
 * its rare ones for a long time, and its certificate has counted them as errors.
 */
export class Watch {
  #alarm: BettingAlarm;
  readonly #settings: WatchSettings;
  #sightings: readonly number[] = [];
  #calls = 0;
  #checks = 0;
  #different = 0;

  constructor(settings: WatchSettings) {
    this.#settings = settings;
    this.#alarm = new BettingAlarm({ allowed: settings.epsilon, delta: settings.delta });
  }

  static from(state: WatchState): Watch {
    const watch = new Watch(state);
    watch.#alarm = BettingAlarm.from(state.alarm);
    watch.#sightings = state.sightings;
    watch.#calls = state.calls;
    watch.#checks = state.checks;
    watch.#different = state.different;
    return watch;
  }

  toJSON(): WatchState {
    const { epsilon, delta, unseenShare } = this.#settings;
    return {
      epsilon,
      delta,
      unseenShare,
      alarm: this.#alarm.toJSON(),
      sightings: this.#sightings,
      calls: this.#calls,
      checks: this.#checks,
      different: this.#different,
    };
  }

  get counts(): { readonly calls: number; readonly different: number } {
    return { calls: this.#checks, different: this.#different };
  }

  /** Takes a call whose teacher's label is known; a suspicion means: back to the shadow, now. */
  observe(call: WatchedCall): Suspicion | null {
    if (call.isSpotCheck) {
      this.#checks++;
      if (call.different) this.#different++;
      this.#alarm.add(call.different);
      if (this.#alarm.isRaised) return 'alarm';
    }
    if (!call.hasNewLabel) return null;
    this.#sightings = [...this.#sightings, this.#calls].slice(-SIGHTINGS_KEPT);
    return this.#areTooClose() ? 'new-label' : null;
  }

  /** Whether the latest k sightings, for any k from 2, are more than so short a stretch of calls lets expect. */
  #areTooClose(): boolean {
    const latest = [...this.#sightings].reverse();
    return latest.some((since, index) => {
      const expected = this.#settings.unseenShare * (this.#calls - since + 1);
      return index > 0 && poissonAtLeast(index + 1, expected) < SUSPICIOUS_BELOW;
    });
  }

  /** A call went by, whoever answered it. */
  passed(): void {
    this.#calls++;
  }
}

/** P(K ≥ count) for a Poisson count with this mean. */
function poissonAtLeast(count: number, mean: number): number {
  let term = Math.exp(-mean);
  let below = 0;
  for (let k = 0; k < count; k++) {
    below += term;
    term *= mean / (k + 1);
  }
  return 1 - below;
}
