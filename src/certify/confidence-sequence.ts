import { type Bet, betMixture, logSumExp } from './bet-mixture.ts';

/**
 * Upper bound of a share that may be read after every draw: P(it ever lies below the share) ≤ delta.
 * The shares against which the mixture of bets has not yet won 1/delta (Waudby-Smith & Ramdas 2024, with bets fixed
 * relative to the share), so a bisection finds the largest. 1 where all draws are errors, or there are none.
 */
export function anytimeUpperBound({ errors, n, delta, bets = betMixture }: AnytimeQuestion): number {
  if (!(Number.isInteger(n) && Number.isInteger(errors) && errors >= 0 && errors <= n))
    throw new RangeError(`errors is ${errors} and n is ${n}; they must be whole numbers, and errors at most n`);
  if (!(delta > 0 && delta < 1)) throw new RangeError(`delta is ${delta}; it must be between 0 and 1`);
  if (errors === n) return 1;
  const goal = -Math.log(delta);
  let low = 0;
  let high = 1;
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (logCapital(errors, n, middle, bets) >= goal) high = middle;
    else low = middle;
  }
  return high;
}

export interface AnytimeQuestion {
  readonly errors: number;
  readonly n: number;
  readonly delta: number;
  readonly bets?: readonly Bet[];
}

/** Rises with `share`: a larger share is easier to bet against on the same draws. */
function logCapital(errors: number, n: number, share: number, bets: readonly Bet[]): number {
  const capitals = bets.map(({ ratio, weight }) => {
    const lost = errors === 0 ? 0 : errors * Math.log(ratio);
    return Math.log(weight) + lost + (n - errors) * (Math.log1p(-ratio * share) - Math.log1p(-share));
  });
  return logSumExp(Float64Array.from(capitals));
}

/** What a {@link ConfidenceSequence} needs to go on after a restart. */
export interface ConfidenceSequenceState {
  readonly delta: number;
  readonly n: number;
  readonly errors: number;
  /** The lowest bound before the latest error. */
  readonly lowest: number;
}

/** The anytime bound of a stream, never rising: what was once excluded stays excluded. */
export class ConfidenceSequence {
  readonly #delta: number;
  #n = 0;
  #errors = 0;
  #lowest = 1;

  constructor(delta: number, state?: ConfidenceSequenceState) {
    this.#delta = delta;
    if (state === undefined) return;
    this.#n = state.n;
    this.#errors = state.errors;
    this.#lowest = state.lowest;
  }

  static from(state: ConfidenceSequenceState): ConfidenceSequence {
    return new ConfidenceSequence(state.delta, state);
  }

  add(isError: boolean): void {
    // Between errors the bound only falls, so its lowest values are those just before an error and the present one.
    if (isError) this.#lowest = this.upperBound;
    this.#n++;
    if (isError) this.#errors++;
  }

  get upperBound(): number {
    return Math.min(this.#lowest, anytimeUpperBound({ errors: this.#errors, n: this.#n, delta: this.#delta }));
  }

  get n(): number {
    return this.#n;
  }

  get errors(): number {
    return this.#errors;
  }

  toJSON(): ConfidenceSequenceState {
    return { delta: this.#delta, n: this.#n, errors: this.#errors, lowest: this.#lowest };
  }
}
