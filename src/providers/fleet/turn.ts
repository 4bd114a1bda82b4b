import { answered, asked, cooling, failed, released } from './deployment-health.ts';
import type { Deployment } from './fleet-parts.ts';

/**
 * One call's time at a deployment, and what it teaches of its health. What began before a breaker opened, and ends while it
 * is open, neither closes it nor keeps it open longer: only the call that tries it does.
 */
export class Turn {
  readonly deployment: Deployment;
  #isTrying: boolean;
  #isOver = false;

  constructor(deployment: Deployment) {
    this.deployment = deployment;
    this.#isTrying = deployment.health.openUntil !== null;
    deployment.health = asked(deployment.health);
    deployment.inFlight++;
  }

  /** The first byte of an answer came. */
  begin(): void {
    const { deployment } = this;
    if (this.#isTrying && deployment.health.openUntil !== null) {
      deployment.health = answered(deployment.health);
      deployment.onBreaker(false);
    }
    this.#isTrying = false;
  }

  /** The answer came to its end. */
  succeed(): void {
    const { deployment } = this;
    if (deployment.health.openUntil === null) deployment.health = answered(deployment.health);
  }

  /** It failed by the upstream's fault. */
  fail(now: number): void {
    const { deployment } = this;
    const isClosed = deployment.health.openUntil === null;
    if (deployment.breaker !== null && (isClosed || this.#isTrying)) {
      deployment.health = failed(deployment.health, now, deployment.breaker);
      if (isClosed && deployment.health.openUntil !== null) deployment.onBreaker(true);
    }
    this.#isTrying = false;
  }

  /** The upstream asked to be left alone until then. */
  rest(until: number): void {
    const { deployment } = this;
    if (deployment.breaker !== null) deployment.health = cooling(deployment.health, until);
  }

  /** Whatever came of it, it is over. A second call does nothing. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.deployment.inFlight--;
    if (this.#isTrying) this.deployment.health = released(this.deployment.health);
  }
}
