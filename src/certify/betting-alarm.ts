export interface AlarmSettings {
  /** The share of errors that is allowed: the a of 1 + λ(x − a). */
  readonly allowed: number;
  /** The chance that the alarm is ever raised while the share of errors stays at or below `allowed`. */
  readonly delta: number;
}

/** What a {@link BettingAlarm} needs to go on after a restart. */
export interface AlarmState extends AlarmSettings {
  readonly checks: number;
  readonly errors: number;
  /** Whether the latest check ended a cluster of errors, which brings a new stake. */
  readonly isSuspicious: boolean;
  readonly suspicion: number;
  readonly stakes: number;
  readonly capitals: readonly number[];
  readonly highest: number;
}

/** Shares of errors that are bet on, as multiples of the allowed one; λ = (multiple − 1)/(1 − allowed). */
const multiples: readonly number[] = [1.5, 2, 2.5, 3.5, 5, 10];

/** Share of the capital that is bet from the first check on; the rest waits for clusters of errors. */
const FRESH_SHARE = 0.3;
/** How slowly the rest is given out: the j-th stake is in proportion to 1/((j + c)·log²(j + c)). */
const SLOWNESS = 3;
/** A cluster: the CUSUM of the log-likelihood ratio of so many times the allowed share has come to such a height. */
const CLUSTER_MULTIPLE = 2.5;
const CLUSTER_HEIGHT = 1.6;

/**
 * Says when the share of errors among spot checks has risen above what is allowed; may be asked after every check.
 * For each multiple W ← (W + w)(1 + λ(x − a)), with new stakes w that sum to 1 at most over all multiples and
 * checks, alarm at ΣW ≥ 1/δ (Ville). One stake given at the start alone would grow numb with age; stakes spread
 * evenly over time must know when time ends. Here a new stake is laid where errors have come close together: such
 * clusters are rare while all is well, so most stakes are still to be had when it no longer is. A stake may depend
 * on the past, as long as the sum is bounded.
 */
export class BettingAlarm {
  readonly #settings: AlarmSettings;
  readonly #gainOfError: readonly number[];
  readonly #gainOfSuccess: readonly number[];
  #capitals: number[];
  #checks = 0;
  #errors = 0;
  #suspicion = 0;
  #isSuspicious = false;
  #stakes = 0;
  #highest = 0;

  /** Throws a RangeError unless 0 < allowed < 1 and 0 < delta < 1. */
  constructor(settings: AlarmSettings) {
    const { allowed, delta } = settings;
    if (!(allowed > 0 && allowed < 1)) throw new RangeError(`allowed is ${allowed}; it must be between 0 and 1`);
    if (!(delta > 0 && delta < 1)) throw new RangeError(`delta is ${delta}; it must be between 0 and 1`);
    this.#settings = { allowed, delta };
    const shares = multiples.map((multiple) => betShare(multiple, allowed));
    this.#gainOfError = shares.map((share) => share / allowed);
    this.#gainOfSuccess = shares.map((share) => (1 - share) / (1 - allowed));
    this.#capitals = multiples.map(() => 0);
  }

  static from(state: AlarmState): BettingAlarm {
    const alarm = new BettingAlarm(state);
    alarm.#capitals = multiples.map((_, index) => state.capitals[index] ?? 0);
    alarm.#checks = state.checks;
    alarm.#errors = state.errors;
    alarm.#suspicion = state.suspicion;
    alarm.#isSuspicious = state.isSuspicious;
    alarm.#stakes = state.stakes;
    alarm.#highest = state.highest;
    return alarm;
  }

  /** Takes one spot check; true once the alarm is raised, which it stays. */
  add(isError: boolean): boolean {
    const stake = this.#newStake() / multiples.length;
    const gain = isError ? this.#gainOfError : this.#gainOfSuccess;
    this.#capitals = this.#capitals.map((capital, index) => (capital + stake) * (gain[index] ?? 1));
    this.#checks++;
    if (isError) this.#errors++;
    this.#suspect(isError);
    this.#highest = Math.max(this.#highest, this.capital);
    return this.isRaised;
  }

  get isRaised(): boolean {
    return this.#highest >= 1 / this.#settings.delta;
  }

  /** Present evidence against "all is well"; alarm at 1/delta. */
  get capital(): number {
    return this.#capitals.reduce((sum, capital) => sum + capital, 0);
  }

  get checks(): number {
    return this.#checks;
  }

  get errors(): number {
    return this.#errors;
  }

  toJSON(): AlarmState {
    return {
      ...this.#settings,
      checks: this.#checks,
      errors: this.#errors,
      isSuspicious: this.#isSuspicious,
      suspicion: this.#suspicion,
      stakes: this.#stakes,
      capitals: this.#capitals,
      highest: this.#highest,
    };
  }

  #newStake(): number {
    if (this.#checks === 0) return FRESH_SHARE;
    if (!this.#isSuspicious) return 0;
    this.#stakes++;
    return (1 - FRESH_SHARE) * stakeShare(this.#stakes);
  }

  #suspect(isError: boolean): void {
    const { allowed } = this.#settings;
    const share = betShare(CLUSTER_MULTIPLE, allowed);
    const step = isError ? Math.log(share / allowed) : Math.log((1 - share) / (1 - allowed));
    this.#suspicion = Math.max(0, this.#suspicion + step);
    this.#isSuspicious = isError && this.#suspicion >= CLUSTER_HEIGHT;
  }
}

/** A share above one half of what is left to 1 would lose nearly all at the first success. */
function betShare(multiple: number, allowed: number): number {
  return Math.min(multiple * allowed, (1 + allowed) / 2);
}

/** The j-th of stakes that sum to at most 1 over j = 1, 2, …: the integral of the same function from c on is 1/log c. */
export function stakeShare(j: number): number {
  const position = j + SLOWNESS;
  return Math.log(SLOWNESS) / (position * Math.log(position) ** 2);
}
