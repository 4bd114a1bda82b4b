import { type Certificate, promiseOf } from '../records/certificate.ts';
import { percent } from './table.ts';

/** What a certificate promises, in people's words. */
export function describePromise(certificate: Pick<Certificate, 'promise' | 'epsilon'>, digits = 1): string {
  const share = percent(certificate.epsilon, digits);
  return promiseOf(certificate) === 'answered-calls'
    ? `at most ${share} of the answers it gives differ from the teacher's`
    : `at most ${share} of all calls get an answer that differs from the teacher's`;
}
