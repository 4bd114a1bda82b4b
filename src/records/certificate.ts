/**
 * A dated statement about one student at one threshold: of 100 calls of this task at most 100·ε get an answer
 * that differs from the teacher's; confidence 1−δ; from n calls.
 */
export interface Certificate {
  readonly id: string;
  readonly task: string;
  /** Task version id: the prompt and teacher it speaks of. */
  readonly version: string;
  readonly student: string;
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
  /** The how-manieth attempt to certify on this task this was, counting failures; from 1. */
  readonly look: number;
  /** Calls the statement rests on. */
  readonly n: number;
  /** Of them answered and different. */
  readonly errors: number;
  /** Scores at or above it may be answered. */
  readonly threshold: number;
  /** Upper confidence bound of "answered and different", as a share of all calls. */
  readonly upperBound: number;
  readonly epsilon: number;
  /** The whole promise's δ; what this look spent of it is `spentDelta`. */
  readonly delta: number;
  readonly spentDelta: number;
  /** Where its calls came from. */
  readonly source: 'shadow' | 'window' | 'escalations';
}
