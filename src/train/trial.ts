import { errorsAllowed } from '../certify/binomial-bounds.ts';
import type { ScoredOutcome, ThresholdChoice } from '../certify/choose-threshold.ts';
import { choosePromisedThreshold, type ThresholdPlan } from '../certify/promised-threshold.ts';
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
  /** What is promised, and what that fixes of the threshold beforehand; all calls unless given. */
  readonly thresholds?: ThresholdPlan;
  /** Milliseconds since 1970, UTC. */
  readonly startedAt: number;
}

/** Whether two canonical answers are the same to the application. */
export type IsSame = (given: string, teacher: string) => boolean;

type StateRow = readonly [score: number, different: 0 | 1];

/** What a {@link Trial} needs to go on after a restart, besides its student. */
export interface TrialState {
  readonly student: string;
  readonly plan: TrialPlan;
  readonly sample: readonly StateRow[];
  /** Sampled calls that repeat an input of the sample or of the training rows. */
  readonly copies: readonly StateRow[];
}

/** Among fewer calls the surest one is an error too easily, by chance. */
const ENOUGH_TO_TELL = 50;

/**
 * One student's attempt at a certificate: n randomly sampled calls, all later than what trained it, repeats and
 * near-duplicates of each other and of training rows counted once, and kept apart. The student is frozen; nothing is looked at before n.
 */
export class Trial {
  readonly student: Student;
  readonly plan: TrialPlan;
  readonly #seen: Set<string>;
  readonly #sample: ScoredOutcome[];
  readonly #copies: ScoredOutcome[];
  readonly #isSame: IsSame;

  /** `known`: the inputs that trained the student, and those sampled already. */
  constructor(
    student: Student,
    plan: TrialPlan,
    isSame: IsSame,
    known: Iterable<readonly string[]>,
    { sample, copies }: Pick<TrialState, 'sample' | 'copies'> = { sample: [], copies: [] },
  ) {
    this.student = student;
    this.plan = plan;
    this.#isSame = isSame;
    this.#seen = new Set();
    for (const slots of known) this.#seen.add(inputKey(slots));
    this.#sample = sample.map(fromRow);
    this.#copies = copies.map(fromRow);
  }

  get missing(): number {
    return this.plan.n - this.#sample.length;
  }

  /** Takes a sampled call with the teacher's label (null: it agrees with nothing), and its vector where the student needs one. */
  add(slots: readonly string[], label: string | null, vector: Float32Array | null = null): void {
    if (this.missing <= 0) return;
    const key = inputKey(slots);
    const outcome = this.#outcomeOf(slots, label, vector);
    if (this.#seen.has(key)) this.#copies.push(outcome);
    else this.#sample.push(outcome);
    this.#seen.add(key);
  }

  /** A student that throws, or knows no score, is wrong without being sure. */
  #outcomeOf(slots: readonly string[], label: string | null, vector: Float32Array | null): ScoredOutcome {
    try {
      const prediction = this.student.predict(slots, vector);
      const different = label === null || !this.#isSame(prediction.label, label);
      if (Number.isFinite(prediction.score)) return { score: prediction.score, different };
    } catch {
      // As below.
    }
    return { score: 0, different: true };
  }

  /**
   * Whether more than `share` of calls like those sampled so far could be certified if no further error came; few of them
   * cannot tell, and where ε is a share of the answered calls this hopes for too much. A trial without that hope may stop
   * early: stopping can only prevent a certificate, never issue one, and its look stays spent.
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
      sample: this.#sample.map(toRow),
      copies: this.#copies.map(toRow),
    };
  }

  /**
   * The stricter of two choices: one from the sample proper, one with its copies. Without copies the sample speaks of
   * distinct inputs, while the promise is about calls, and repeats may differ more often than the rest; with copies
   * alone, one input that comes many times would count as much evidence.
   */
  conclude(): ThresholdChoice {
    const { epsilon, delta, thresholds = { promise: 'all-calls' } } = this.plan;
    const once = choosePromisedThreshold(this.#sample, thresholds, { epsilon, delta });
    if (this.#copies.length === 0 || !once.certified) return once;
    const all = choosePromisedThreshold([...this.#sample, ...this.#copies], thresholds, { epsilon, delta });
    return !all.certified || all.threshold > once.threshold ? all : once;
  }
}

function toRow({ score, different }: ScoredOutcome): StateRow {
  return [score, different ? 1 : 0];
}

function fromRow([score, different]: StateRow): ScoredOutcome {
  return { score, different: different === 1 };
}
