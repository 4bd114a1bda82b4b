import { errorsAllowed } from '../certify/binomial-bounds.ts';
import { chooseThreshold, type ScoredOutcome, type ThresholdChoice } from '../certify/choose-threshold.ts';
import type { Student } from '../learn/student.ts';
import { inputKey } from './training-rows.ts';

/** What is fixed about a trial before its first call is seen. */
export interface TrialPlan {
  /** Which attempt to certify this is, failed ones counted; from 1. */
  readonly look: number;
  /** Calls to sample. */
  readonly n: number;
  /** The probability with which a call is sampled. */
  readonly share: number;
  readonly epsilon: number;
  /** What this look spends. */
  readonly delta: number;
  readonly source: 'shadow' | 'window';
  /** Milliseconds since 1970, UTC. */
  readonly startedAt: number;
}

/** What a {@link Trial} needs to go on after a restart, besides its student. */
export interface TrialState {
  readonly student: string;
  readonly plan: TrialPlan;
  readonly sample: readonly (readonly [score: number, different: 0 | 1])[];
}

/** Among fewer calls the surest one is an error too easily, by chance. */
const ENOUGH_TO_TELL = 50;

/**
 * One student's attempt at a certificate: n randomly sampled calls, all later than what trained it, repeats and
 * near-duplicates of each other and of training rows counted once. The student is frozen; nothing is looked at before n.
 */
export class Trial {
  readonly student: Student;
  readonly plan: TrialPlan;
  readonly #seen: Set<string>;
  readonly #sample: ScoredOutcome[];

  /** `known`: the inputs that trained the student, and those sampled already. */
  constructor(
    student: Student,
    plan: TrialPlan,
    known: Iterable<readonly string[]>,
    sample: TrialState['sample'] = [],
  ) {
    this.student = student;
    this.plan = plan;
    this.#seen = new Set();
    for (const slots of known) this.#seen.add(inputKey(slots));
    this.#sample = sample.map(([score, different]) => ({ score, different: different === 1 }));
  }

  get missing(): number {
    return this.plan.n - this.#sample.length;
  }

  /** Takes a sampled call with the teacher's label (null: it agrees with nothing). */
  add(slots: readonly string[], label: string | null): void {
    if (this.missing <= 0) return;
    const key = inputKey(slots);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const prediction = this.student.predict(slots);
    this.#sample.push({ score: prediction.score, different: prediction.label !== label });
  }

  /**
   * Whether more than `share` of calls like those sampled so far could be certified if no further error came; few of them
   * cannot tell. A trial without that hope may stop early: stopping can only prevent a certificate, never issue one, and
   * its look stays spent.
   */
  canReach(share: number): boolean {
    if (this.#sample.length < ENOUGH_TO_TELL) return true;
    const { n, epsilon, delta } = this.plan;
    const allowed = errorsAllowed({ n, epsilon, delta });
    let errors = 0;
    let answered = 0;
    for (const outcome of [...this.#sample].sort((a, b) => b.score - a.score)) {
      if (outcome.different) errors++;
      if (errors > allowed) break;
      answered++;
    }
    return answered > share * this.#sample.length;
  }

  toJSON(): TrialState {
    return {
      student: this.student.id,
      plan: this.plan,
      sample: this.#sample.map(({ score, different }) => [score, different ? 1 : 0]),
    };
  }

  conclude(): ThresholdChoice {
    const { epsilon, delta } = this.plan;
    return chooseThreshold(this.#sample, { epsilon, delta });
  }
}
