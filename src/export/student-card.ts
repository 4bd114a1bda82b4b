import type { EncoderNeed } from '../learn/student-contract.ts';
import type { JsonObject } from '../records/call.ts';
import { type Certificate, type PromiseKind, promiseOf } from '../records/certificate.ts';

/** What an exported student is, for people and for audits. Plain JSON; times are ISO 8601, UTC. */
export interface StudentCard {
  readonly task: { readonly id: string; readonly name: string; readonly tenant: string };
  /** Task version id: the prompt and the teacher. */
  readonly version: string;
  /** The model whose answers it learned. */
  readonly teacher: string;
  readonly student: {
    /** Hash of its bytes, hex. */
    readonly id: string;
    readonly bytes: number;
    readonly trainedAt: string;
    /** What the trainer wrote down: rows, seed, settings. */
    readonly training: JsonObject;
    /** Empty where answers are put together from fields. */
    readonly labels: readonly string[];
    readonly encoder: EncoderNeed | null;
  };
  /** What is promised; null where nothing is. */
  readonly certificate: CardCertificate | null;
  /** It answers where the score is at least this; null: it always abstains. */
  readonly threshold: number | null;
  readonly limits: readonly string[];
  readonly exportedAt: string;
  /** Version of the program that wrote it. */
  readonly rightsize: string;
}

/** At most ε of the promised calls get an answer that differs from the teacher's, with confidence 1 − δ, from n calls. */
export interface CardCertificate {
  readonly id: string;
  readonly at: string;
  /** Of which calls ε is a share: all of the task, or those that the student answers. */
  readonly promise: PromiseKind;
  readonly epsilon: number;
  readonly delta: number;
  readonly n: number;
  readonly errors: number;
  readonly upperBound: number;
  readonly threshold: number;
  readonly look: number;
  readonly source: Certificate['source'];
}

export function cardCertificate(certificate: Certificate): CardCertificate {
  const { id, at, epsilon, delta, n, errors, upperBound, threshold, look, source } = certificate;
  const promise = promiseOf(certificate);
  return {
    id,
    at: new Date(at).toISOString(),
    promise,
    epsilon,
    delta,
    n,
    errors,
    upperBound,
    threshold,
    look,
    source,
  };
}

/** What a student outside the gateway cannot promise, in people's words. */
export function limitsOf({ certificate, threshold }: Pick<StudentCard, 'certificate' | 'threshold'>): string[] {
  const promise =
    certificate === null
      ? threshold === null
        ? ['It has no certificate and abstains from everything.']
        : [`It has no certificate: the threshold ${threshold} was chosen by a person and promises nothing.`]
      : ['The certificate speaks of calls drawn like those of its sample: other inputs break it.'];
  return [
    ...promise,
    'It speaks for one prompt and one teacher; `answer` cannot see when they change, `answerRequest` abstains.',
    'Nothing watches it outside the gateway: no spot checks, no alarm, no new training.',
    'A text of more than 20,000 characters is abstained from.',
  ];
}
