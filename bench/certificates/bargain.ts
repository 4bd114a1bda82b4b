import type { ScoredOutcome } from '../../src/certify/choose-threshold.ts';
import type { Random } from '../../src/records/random.ts';

/** A threshold and what it took; `threshold` is +Infinity where nothing may be answered. */
export interface RuleResult {
  readonly threshold: number;
  readonly labelled: number;
}

export interface RuleQuestion {
  /** Of all records, this share may be answered and different: the target accuracy is 1 − ε. */
  readonly epsilon: number;
  readonly delta: number;
  readonly labels: number;
}

export interface BargainSettings {
  /** Thresholds tried, at equal steps of the records sorted by score: M of the paper. */
  readonly thresholds: number;
  /** Gives a threshold up after 50 labels whose mean less one standard deviation is below its target, as the authors' program does. */
  readonly givesUp: boolean;
}

/** The bet is looked at after so many more labels. */
const STEP = 10;

/**
 * BARGAIN for a target accuracy (Zeighami, Shankar and Parameswaran, "Cut Costs, Not Accuracy", SIGMOD 2026), from its
 * paper: records sorted by the proxy's score, highest first; at each of M cut-offs, strictest first, uniform samples of the
 * records above it (those of the cut-offs before are used again) until a betting test proves the accuracy that this cut-off
 * needs, given that all records below it go to the oracle: (T·N − N_oracle)/N_proxy. The first cut-off that fails ends it,
 * so each may spend δ.
 *
 * Two things are changed to compare like with like. It ends when the labels do; the paper knows no budget. And it samples
 * with replacement, since the promise here is about calls to come: the paper's data set is finite, and what is labelled of
 * it needs no promise any more.
 */
export function bargain(
  sorted: readonly ScoredOutcome[],
  { epsilon, delta, labels }: RuleQuestion,
  { thresholds, givesUp }: BargainSettings,
  random: Random,
): RuleResult {
  const step = Math.max(1, Math.floor(sorted.length / thresholds));
  const stream = new SampledRecords(sorted.length, labels, random);
  let reached = 0;
  for (let cut = step; cut <= sorted.length; cut += step) {
    const target = 1 - (epsilon * sorted.length) / cut;
    if (target <= 0) continue;
    if (!isProved({ sorted, above: stream.above(cut), target, delta, givesUp })) break;
    reached = cut;
  }
  return {
    threshold: reached === 0 ? Number.POSITIVE_INFINITY : (sorted[reached - 1]?.score ?? 0),
    labelled: stream.labelled,
  };
}

/** Uniform draws from all records; each cut-off sees those above it, and pays for a label once. */
class SampledRecords {
  readonly #size: number;
  readonly #labels: number;
  readonly #random: Random;
  readonly #drawn: number[] = [];
  readonly #isLabelled: boolean[] = [];
  labelled = 0;

  constructor(size: number, labels: number, random: Random) {
    this.#size = size;
    this.#labels = labels;
    this.#random = random;
  }

  /** Ends when a further label is wanted and none is left. */
  *above(cut: number): Generator<number> {
    for (let at = 0; ; at++) {
      if (at === this.#drawn.length) this.#drawn.push(Math.floor(this.#random() * this.#size));
      const record = this.#drawn[at] ?? 0;
      if (record >= cut) continue;
      if (!this.#isLabelled[at]) {
        if (this.labelled >= this.#labels) return;
        this.#isLabelled[at] = true;
        this.labelled++;
      }
      yield record;
    }
  }
}

interface Proof {
  readonly sorted: readonly ScoredOutcome[];
  readonly above: Iterable<number>;
  readonly target: number;
  readonly delta: number;
  readonly givesUp: boolean;
}

/**
 * Waudby-Smith and Ramdas's bet, K ← K·(1 + λᵢ(xᵢ − target)); proved at K ≥ 1/δ.
 * λᵢ = √(2 ln(2/δ)/(i ln(i+1) σ̂²ᵢ₋₁)), at most ¾/target.
 */
function isProved({ sorted, above, target, delta, givesUp }: Proof): boolean {
  let capital = 1;
  let sum = 0;
  let squares = 0;
  let i = 0;
  for (const record of above) {
    const x = sorted[record]?.different ? 0 : 1;
    const mean = (0.5 + sum) / (i + 1);
    const variance = (0.25 + squares - 2 * mean * sum + i * mean * mean) / (i + 1);
    i++;
    const stake = Math.min(Math.sqrt((2 * Math.log(2 / delta)) / (i * Math.log(i + 1) * variance)), 0.75 / target);
    capital *= 1 + stake * (x - target);
    sum += x;
    squares += x * x;
    if (i % STEP > 0) continue;
    if (capital >= 1 / delta) return true;
    const share = sum / i;
    if (givesUp && i >= 50 && share - Math.sqrt(share * (1 - share)) < target) return false;
  }
  return capital >= 1 / delta;
}
