const DAY_MS = 86_400_000;

/** A spot-check rate is a share and a daily ceiling: beyond some 200 a day more checks settle nothing sooner. */
export interface SpotCheckSettings {
  readonly share: number;
  readonly perDay: number;
}

/**
 * The probability with which a call is spot-checked now. Fixed for a day from the volume of the day before, so that
 * it never depends on what the calls say.
 */
export class SpotCheckCoin {
  readonly #settings: SpotCheckSettings;
  #day = Number.NEGATIVE_INFINITY;
  #callsToday = 0;
  #share: number;

  constructor(settings: SpotCheckSettings) {
    this.#settings = settings;
    this.#share = settings.share;
  }

  /** Counts a call at this moment (milliseconds since 1970) and tells its probability of a spot check. */
  shareAt(at: number): number {
    const day = Math.floor(at / DAY_MS);
    if (day > this.#day) {
      const volume = day === this.#day + 1 ? this.#callsToday : 0;
      this.#share =
        volume === 0 ? this.#settings.share : Math.min(this.#settings.share, this.#settings.perDay / volume);
      this.#day = day;
      this.#callsToday = 0;
    }
    this.#callsToday++;
    return this.#share;
  }
}
