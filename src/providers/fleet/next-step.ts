import { chooseDeployment } from './choose-deployment.ts';
import { availableAt, type DeploymentHealth, mayBeAsked } from './deployment-health.ts';
import type { ModelRoute } from './fleet-parts.ts';
import { retryDelay } from './retry-delay.ts';

/** A deployment as one call sees it. */
export interface Prospect {
  readonly weight: number;
  readonly priority: number;
  readonly inFlight: number;
  readonly health: DeploymentHealth;
  /** Whether this call has asked it already. */
  readonly wasAsked: boolean;
  /** When this call may ask it again by what it was told. */
  readonly notBefore: number;
  /** False where asking again is of no use. */
  readonly mayRepeat: boolean;
}

export interface StepQuestion<Some extends Prospect> {
  readonly route: Pick<ModelRoute, 'choice' | 'retries' | 'retryBaseMs' | 'longestWaitMs'>;
  readonly prospects: readonly Some[];
  /** 1 for the first retry. */
  readonly retry: number;
  readonly now: number;
  /** Time that the call has left. */
  readonly leftMs: number;
  /** From 0 to 1. */
  readonly draw: number;
}

export interface Step<Some extends Prospect> {
  readonly ask: Some;
  readonly afterMs: number;
  readonly isRetry: boolean;
}

/**
 * Whom a call asks next under one alias: one that it has not asked, at once; when it has asked them all, the one that is
 * ready first, after a pause. Null where nobody is left, the pause would be too long, or the call has no time for it.
 */
export function nextStep<Some extends Prospect>(question: StepQuestion<Some>): Step<Some> | null {
  const { prospects, route, now, leftMs, draw } = question;
  if (leftMs <= 0) return null;
  const fresh = prospects.filter(({ wasAsked, health }) => !wasAsked && mayBeAsked(health, now));
  const ask = chooseDeployment(fresh, route.choice, draw);
  return ask === null ? retryStep(question) : { ask, afterMs: 0, isRetry: false };
}

function retryStep<Some extends Prospect>({
  route: { retries, retryBaseMs: baseMs, longestWaitMs },
  prospects,
  retry,
  now,
  leftMs,
  draw,
}: StepQuestion<Some>): Step<Some> | null {
  if (retry > retries || !prospects.some(({ wasAsked }) => wasAsked)) return null;
  const patient = prospects.filter(({ health, mayRepeat }) => mayRepeat && !health.isProbing);
  const ready = ({ health, notBefore }: Prospect) => Math.max(now, notBefore, availableAt(health));
  const readyAt = Math.min(...patient.map(ready));
  const ask = chooseDeployment(
    patient.filter((prospect) => ready(prospect) <= readyAt),
    'weighted',
    draw,
  );
  if (ask === null) return null;
  const afterMs = retryDelay({ retry, baseMs, longestWaitMs, askedMs: readyAt - now, draw });
  return afterMs === null || afterMs >= leftMs ? null : { ask, afterMs, isRetry: true };
}
