import { type Asking, type Attempt, askDeployment } from './ask-deployment.ts';
import type { Deployment } from './fleet-parts.ts';

export interface HedgeQuestion extends Asking {
  readonly first: Deployment;
  /** Asked when the first has been silent for `afterMs`; null where there is nobody to ask. */
  readonly second: () => Deployment | null;
  readonly afterMs: number;
}

interface Run {
  readonly answer: Promise<Attempt>;
  hangUp(): void;
}

/**
 * Asks a second deployment where the first is slow, and hangs up on the one whose first byte comes later. Gives every
 * attempt that ended, the one that counts last.
 */
export async function askHedged({ first, second, afterMs, ...asking }: HedgeQuestion): Promise<readonly Attempt[]> {
  const runs = [start(first, asking)];
  const timer = new AbortController();
  const isSlow = asking.clock.pause(afterMs, timer.signal).then(
    () => true,
    () => false,
  );
  const early = await Promise.race([runs[0]?.answer, isSlow]);
  timer.abort();
  const other = early === true ? second() : null;
  if (other !== null) runs.push(start(other, asking));
  return firstFinal(runs);
}

/** An attempt that can be hung up on by itself, and is when the caller does. */
function start(deployment: Deployment, asking: Asking): Run {
  const { request } = asking;
  const own = new AbortController();
  const hangUp = () => own.abort(request.signal.reason);
  request.signal.addEventListener('abort', hangUp, { once: true });
  const answer = askDeployment(deployment, { ...asking, request: { ...request, signal: own.signal } });
  const forget = () => request.signal.removeEventListener('abort', hangUp);
  answer.then(({ verdict, outcome }) => {
    if (verdict === 'final' && 'body' in outcome) outcome.body.once('close', forget);
    else forget();
  }, forget);
  return { answer, hangUp };
}

/** The first attempt that is final ends the others; without one, all of them in the order in which they ended. */
function firstFinal(runs: readonly Run[]): Promise<readonly Attempt[]> {
  const ended: Attempt[] = [];
  return new Promise((resolve, reject) => {
    let isSettled = false;
    for (const run of runs)
      run.answer.then((attempt) => {
        if (isSettled) return discard(attempt);
        ended.push(attempt);
        isSettled = attempt.verdict === 'final' || ended.length === runs.length;
        if (!isSettled) return;
        for (const other of runs) if (other !== run) other.hangUp();
        resolve(ended);
      }, reject);
  });
}

function discard({ outcome }: Attempt): void {
  if ('body' in outcome) outcome.body.on('error', () => {}).destroy();
}
