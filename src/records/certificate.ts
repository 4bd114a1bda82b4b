/** Of which calls ε is a share: of all calls of the task, or of those that the student answers. */
export const promiseKinds = ['all-calls', 'answered-calls'] as const;
export type PromiseKind = (typeof promiseKinds)[number];

/**
 * A dated statement about one student at one threshold: of 100 calls of this task (or of 100 that the student answers)
 * at most 100·ε get an answer that differs from the teacher's; confidence 1−δ; from n calls.
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
  /** Of which calls ε is a share. Certificates of before there was a choice have none: all calls. */
  readonly promise?: PromiseKind;
  /** Calls the statement rests on. */
  readonly n: number;
  /** Of them answered at this threshold; missing where `promise` is. */
  readonly answered?: number;
  /** Of them answered and different. */
  readonly errors: number;
  /** Scores at or above it may be answered. */
  readonly threshold: number;
  /** Upper confidence bound of "answered and different", as a share of the calls that the promise is about. */
  readonly upperBound: number;
  readonly epsilon: number;
  /** The whole promise's δ; what this look spent of it is `spentDelta`. */
  readonly delta: number;
  readonly spentDelta: number;
  /** How far a number might be off and still count as the same; missing: not at all. */
  readonly tolerance?: number;
  /** Where its calls came from. */
  readonly source: 'shadow' | 'window' | 'escalations';
}

/** Whether a certificate states at least what is asked for: what holds for the answered calls holds for all calls too. */
export function isEnough(
  certificate: Pick<Certificate, 'promise' | 'epsilon' | 'delta' | 'tolerance'>,
  asked: {
    readonly promise: PromiseKind;
    readonly epsilon: number;
    readonly delta: number;
    readonly tolerance?: number;
  },
): boolean {
  if ((certificate.tolerance ?? 0) > (asked.tolerance ?? 0)) return false;
  if (certificate.epsilon > asked.epsilon || certificate.delta > asked.delta) return false;
  return asked.promise === 'all-calls' || promiseOf(certificate) === 'answered-calls';
}

/** Of which calls the ε of a certificate is a share. */
export function promiseOf({ promise = 'all-calls' }: Pick<Certificate, 'promise'>): PromiseKind {
  return promise;
}
