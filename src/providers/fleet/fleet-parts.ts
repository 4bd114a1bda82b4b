import type { HangUpSignal } from '../hang-up.ts';
import type { DeploymentPrice, Provider } from '../provider.ts';
import type { Choice } from './choose-deployment.ts';
import type { BreakerSettings, DeploymentHealth } from './deployment-health.ts';
import type { RetryBudget } from './retry-budget.ts';

/** One model of one upstream under one key, and how it fares. Aliases may share it. */
export interface Deployment {
  readonly name: string;
  readonly upstream: string;
  /** What the upstream calls the model; null sends the caller's own word. */
  readonly model: string | null;
  readonly provider: Provider;
  readonly price: DeploymentPrice | null;
  /** Null: every call decides for itself, and is neither kept from it nor keeps others from it. */
  readonly breaker: BreakerSettings | null;
  readonly budget: RetryBudget;
  /** Longest wait for the first byte behind the headers. */
  readonly firstByteTimeoutMs: number;
  /** Told when its breaker opens or closes. */
  readonly onBreaker: (isOpen: boolean) => void;
  /** Whether its upstream has the endpoint behind `/v1`. */
  readonly supports: (path: string) => boolean;
  health: DeploymentHealth;
  /** Calls being answered. */
  inFlight: number;
}

/** A deployment's place under one alias. */
export interface Member {
  readonly deployment: Deployment;
  readonly weight: number;
  readonly priority: number;
}

/** What stands behind one name. */
export interface ModelRoute {
  readonly name: string;
  readonly members: readonly Member[];
  readonly choice: Choice;
  /** Names asked when all of this has failed, in order. */
  readonly fallbacks: readonly string[];
  readonly retries: number;
  readonly retryBaseMs: number;
  readonly longestWaitMs: number;
  readonly totalTimeoutMs: number;
  /** Null: never. */
  readonly hedgeAfterMs: number | null;
}

/** Time and chance, so that tests choose them. */
export interface FleetClock {
  /** Milliseconds; only goes forward, whatever happens to the time of day. */
  now(): number;
  /** Milliseconds since 1970, for hints that name a date. */
  date(): number;
  /** From 0 to 1. */
  draw(): number;
  /** Rejects with the signal's reason when it is aborted. */
  pause(milliseconds: number, signal: HangUpSignal): Promise<void>;
}

export const systemClock: FleetClock = {
  now: () => performance.now(),
  date: () => Date.now(),
  draw: () => Math.random(),
  pause(milliseconds, signal) {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      }, milliseconds);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  },
};
