/** What is remembered of a deployment between calls. Times are milliseconds of a clock that only goes forward. */
export interface DeploymentHealth {
  /** Failures in a row. */
  readonly failures: number;
  /** When the breaker may be tried again; null while it is closed. */
  readonly openUntil: number | null;
  /** When its upstream asked to be asked again; 0 where it did not. */
  readonly coolingUntil: number;
  /** Whether one call is trying a breaker that was open. */
  readonly isProbing: boolean;
}

export type DeploymentState = 'closed' | 'open' | 'half-open' | 'cooling';

export interface BreakerSettings {
  /** Failures in a row that open it. */
  readonly failures: number;
  readonly openMs: number;
}

export const healthy: DeploymentHealth = { failures: 0, openUntil: null, coolingUntil: 0, isProbing: false };

/** As people and metrics see it. */
export function stateOf({ openUntil, coolingUntil }: DeploymentHealth, now: number): DeploymentState {
  if (openUntil !== null) return now < openUntil ? 'open' : 'half-open';
  return now < coolingUntil ? 'cooling' : 'closed';
}

/** Whether a call may be sent now: not while it cools, and a half-open breaker lets one call through at a time. */
export function mayBeAsked(health: DeploymentHealth, now: number): boolean {
  return !health.isProbing && availableAt(health) <= now;
}

/** When it may be asked at the earliest; in the past where it may be now. */
export function availableAt({ openUntil, coolingUntil }: DeploymentHealth): number {
  return Math.max(openUntil ?? 0, coolingUntil);
}

/** A call is sent: where the breaker was open, it is the one that tries. */
export function asked(health: DeploymentHealth): DeploymentHealth {
  return health.openUntil === null ? health : { ...health, isProbing: true };
}

/** An answer came: the breaker closes. */
export function answered(health: DeploymentHealth): DeploymentHealth {
  return health.failures === 0 && health.openUntil === null
    ? health
    : { ...healthy, coolingUntil: health.coolingUntil };
}

/** It failed by its own fault. A try that fails opens the breaker again at once. */
export function failed(health: DeploymentHealth, now: number, breaker: BreakerSettings): DeploymentHealth {
  const failures = health.failures + 1;
  const opens = health.openUntil !== null || failures >= breaker.failures;
  return { ...health, failures, openUntil: opens ? now + breaker.openMs : null, isProbing: false };
}

/** Neither an answer nor a fault: the caller hung up, or the key is at its limit. */
export function released(health: DeploymentHealth): DeploymentHealth {
  return health.isProbing ? { ...health, isProbing: false } : health;
}

/** It asked for rest. A rest that is known to last longer stays. */
export function cooling(health: DeploymentHealth, until: number): DeploymentHealth {
  return until <= health.coolingUntil ? health : { ...health, coolingUntil: until };
}
