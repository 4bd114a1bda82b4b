import { type Bet, betMixture, logSumExp } from './bet-mixture.ts';
import { nextAbove } from './next-above.ts';

export interface BettingPromise {
  /** Share of all calls that may be answered and different. */
  readonly epsilon: number;
  /** The chance that this certificate, watched all its life, is ever issued at a threshold that breaks the promise. */
  readonly delta: number;
  /**
   * The largest 1/p of all calls, where a call is sampled with probability p. 1 where every call is seen.
   * It limits the bets, so that no single error can cost more than all.
   */
  readonly largestWeight?: number;
}

/** One sampled call, in the order of time. */
export interface WeightedOutcome {
  /** −Infinity where the student abstains whatever the threshold. */
  readonly score: number;
  readonly different: boolean;
  /** 1/p for a call that was sampled with probability p; 1 unless given. */
  readonly weight?: number;
}

export type BettingState =
  | {
      readonly certified: true;
      /** Scores at or above it may be answered. It only ever falls. */
      readonly threshold: number;
      /** Calls seen and answered-and-different among them when it was reached. */
      readonly n: number;
      readonly errors: number;
    }
  | { readonly certified: false; readonly n: number };

/** What a {@link BettingCertificate} needs to go on after a restart. */
export interface BettingCertificateState {
  readonly promise: BettingPromise;
  readonly n: number;
  readonly lowestScore: number | null;
  readonly highestScore: number | null;
  /** Scores and weights of the different answers, highest score first. */
  readonly errors: readonly (readonly [score: number, weight: number])[];
  readonly reached: BettingState;
}

/**
 * A certificate that may be watched at every call and goes on loosening without a new δ.
 * For each threshold ∏(1 + λ(ε − loss)), mixed over λ, is a bet against "the threshold breaks the promise"; it is
 * certified for good once it stands at 1/δ. A looser threshold has the errors of every stricter one and more, so the
 * loosest certified is found by going down the errors until the capital falls short, without a grid of thresholds.
 * Valid because the strictest threshold that breaks the promise is one fixed threshold, and bets against it reach
 * 1/δ with probability δ at most (Ville).
 */
export class BettingCertificate {
  readonly #promise: BettingPromise;
  readonly #logWeights: Float64Array;
  /** The λ of each bet. */
  readonly #stakes: Float64Array;
  readonly #logGrowth: Float64Array;
  readonly #logCosts = new Map<number, Float64Array>();
  #n = 0;
  #lowestScore = Number.POSITIVE_INFINITY;
  #highestScore = Number.NEGATIVE_INFINITY;
  #errors: (readonly [score: number, weight: number])[] = [];
  #reached: BettingState = { certified: false, n: 0 };
  /** Where the latest walk down the errors ended, and what all errors down to there cost each bet. */
  #failed: { readonly score: number; readonly costs: Float64Array } | null = null;

  constructor(promise: BettingPromise, bets: readonly Bet[] = betMixture) {
    check(promise);
    this.#promise = promise;
    const { epsilon, largestWeight = 1 } = promise;
    this.#logWeights = Float64Array.from(bets, ({ weight }) => Math.log(weight));
    this.#stakes = Float64Array.from(bets, ({ ratio }) => (1 - ratio) / (largestWeight - epsilon));
    this.#logGrowth = this.#stakes.map((stake) => Math.log1p(stake * epsilon));
  }

  static from(state: BettingCertificateState): BettingCertificate {
    const certificate = new BettingCertificate(state.promise);
    certificate.#n = state.n;
    certificate.#lowestScore = state.lowestScore ?? Number.POSITIVE_INFINITY;
    certificate.#highestScore = state.highestScore ?? Number.NEGATIVE_INFINITY;
    certificate.#errors = [...state.errors];
    certificate.#reached = state.reached;
    return certificate;
  }

  /** A call whose two answers are known. */
  add({ score, different, weight = 1 }: WeightedOutcome): BettingState {
    const largest = this.#promise.largestWeight ?? 1;
    if (!(weight >= 0 && weight <= largest))
      throw new RangeError(`weight is ${weight}; it must be between 0 and largestWeight, which is ${largest}`);
    this.#n++;
    if (score > Number.NEGATIVE_INFINITY) {
      this.#lowestScore = Math.min(this.#lowestScore, score);
      this.#highestScore = Math.max(this.#highestScore, score);
      if (different) this.#insert(score, weight);
      if (different && this.#failed !== null && score >= this.#failed.score) this.#failed = null;
    }
    return this.#look();
  }

  /** A call that the draw left out: it counts among all calls, and its loss is 0. Its sampled kin carry their weight. */
  addUnsampled(): BettingState {
    this.#n++;
    return this.#look();
  }

  get state(): BettingState {
    return this.#reached.certified ? this.#reached : { certified: false, n: this.#n };
  }

  toJSON(): BettingCertificateState {
    return {
      promise: this.#promise,
      n: this.#n,
      lowestScore: Number.isFinite(this.#lowestScore) ? this.#lowestScore : null,
      highestScore: Number.isFinite(this.#highestScore) ? this.#highestScore : null,
      errors: this.#errors,
      reached: this.#reached,
    };
  }

  #insert(score: number, weight: number): void {
    const at = this.#errors.findIndex(([other]) => other < score);
    this.#errors.splice(at < 0 ? this.#errors.length : at, 0, [score, weight]);
  }

  #look(): BettingState {
    // Nothing has changed while the capital still falls short at the error where it did before.
    if (this.#failed !== null && this.#logCapital(this.#failed.costs) < -Math.log(this.#promise.delta))
      return this.state;
    const passed = this.#walkDown();
    const threshold = this.#failed === null ? this.#lowestScore : nextAbove(this.#failed.score);
    const isLooser = !this.#reached.certified || threshold < this.#reached.threshold;
    if (threshold <= this.#highestScore && isLooser)
      this.#reached = { certified: true, threshold, n: this.#n, errors: passed };
    return this.state;
  }

  /** Goes down the errors until the capital falls short of 1/δ, notes where, and says how many errors lie above. */
  #walkDown(): number {
    const goal = -Math.log(this.#promise.delta);
    const costs = new Float64Array(this.#logWeights.length);
    this.#failed = null;
    if (this.#logCapital(costs) < goal) {
      this.#failed = { score: Number.POSITIVE_INFINITY, costs };
      return 0;
    }
    for (const [index, [score, loss]] of this.#errors.entries()) {
      const cost = this.#logCost(loss);
      for (let bet = 0; bet < costs.length; bet++) costs[bet] = (costs[bet] ?? 0) + (cost[bet] ?? 0);
      if (this.#logCapital(costs) >= goal) continue;
      this.#failed = { score, costs };
      return this.#errorsAbove(score, index);
    }
    return this.#errors.length;
  }

  #logCapital(costs: Float64Array): number {
    return logSumExp(
      this.#logWeights.map((weight, bet) => weight + this.#n * (this.#logGrowth[bet] ?? 0) - (costs[bet] ?? 0)),
    );
  }

  /** What an error of this loss costs each bet, against a call without one. */
  #logCost(loss: number): Float64Array {
    const known = this.#logCosts.get(loss);
    if (known !== undefined) return known;
    const { epsilon } = this.#promise;
    const cost = this.#stakes.map((stake, bet) => {
      // Rounding can carry the all-or-nothing bet a hair below zero.
      return (this.#logGrowth[bet] ?? 0) - Math.log(Math.max(0, 1 + stake * (epsilon - loss)));
    });
    this.#logCosts.set(loss, cost);
    return cost;
  }

  /** Of the first `count` errors, those above `score`: one that ties with it is not answered either. */
  #errorsAbove(score: number, count: number): number {
    let above = count;
    while (above > 0 && this.#errors[above - 1]?.[0] === score) above--;
    return above;
  }
}

function check({ epsilon, delta, largestWeight = 1 }: BettingPromise): void {
  if (!(epsilon > 0 && epsilon < 1)) throw new RangeError(`epsilon is ${epsilon}; it must be between 0 and 1`);
  if (!(delta > 0 && delta < 1)) throw new RangeError(`delta is ${delta}; it must be between 0 and 1`);
  if (!(largestWeight >= 1)) throw new RangeError(`largestWeight is ${largestWeight}; it must be 1 or more`);
}
