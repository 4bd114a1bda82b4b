import { RightsizeError } from '../../errors.ts';
import type { UpstreamRequest, UpstreamResponse } from '../provider.ts';
import { type Attempt, askDeployment } from './ask-deployment.ts';
import { askHedged } from './ask-hedged.ts';
import { availableAt, mayBeAsked } from './deployment-health.ts';
import type { Deployment, FleetClock, Member, ModelRoute } from './fleet-parts.ts';
import { nextStep, type Prospect } from './next-step.ts';

export interface Sending {
  readonly request: UpstreamRequest;
  /** The alias that was asked for, then its fallbacks. */
  readonly routes: readonly ModelRoute[];
  readonly clock: FleetClock;
}

/** One call on its way through the deployments, until one has answered or none is left. */
class Passage {
  readonly #sending: Sending;
  readonly #endsAt: number;
  readonly #patienceEndsAt: number;
  readonly #ended = new Map<Deployment, Attempt>();
  #last: Attempt | null = null;
  #isStandIn = false;
  #attempts = 0;

  constructor(sending: Sending, first: ModelRoute) {
    const { clock, request } = sending;
    this.#sending = sending;
    this.#endsAt = clock.now() + first.totalTimeoutMs;
    this.#patienceEndsAt = Math.min(this.#endsAt, clock.now() + patienceOf(request));
  }

  async send(): Promise<UpstreamResponse> {
    for (const [index, route] of this.#sending.routes.entries()) {
      this.#isStandIn = index > 0;
      await this.#sendTo(route);
      if (this.#last?.verdict === 'final' || !this.#mayGoOn) break;
    }
    if (this.#last === null) throw this.#nobodyAsked();
    return this.#handOver(this.#last);
  }

  /** A body that streams can be sent only once. */
  get #mayGoOn(): boolean {
    const { body } = this.#sending.request;
    return this.#attempts === 0 || body === null || Buffer.isBuffer(body);
  }

  async #sendTo(route: ModelRoute): Promise<void> {
    const { clock, request } = this.#sending;
    let retry = 1;
    while (this.#mayGoOn) {
      const now = clock.now();
      const leftMs = this.#patienceEndsAt - now;
      const step = nextStep({ route, prospects: this.#prospects(route), retry, now, leftMs, draw: clock.draw() });
      if (step === null) return;
      const { deployment } = step.ask.member;
      if (step.isRetry) {
        if (!deployment.budget.take(now)) return;
        retry++;
        await clock.pause(step.afterMs, request.signal);
        // Meanwhile other calls may have found out that it is to be left alone.
        if (!mayBeAsked(deployment.health, clock.now())) continue;
      } else deployment.budget.count(now);
      for (const attempt of await this.#ask(route, deployment)) this.#note(attempt);
      if (this.#last?.verdict === 'final') return;
    }
  }

  #prospects({ members }: ModelRoute): readonly (Prospect & { readonly member: Member })[] {
    const { path } = this.#sending.request;
    return members
      .filter(({ deployment }) => deployment.supports(path))
      .map((member) => {
        const { health, inFlight } = member.deployment;
        const ended = this.#ended.get(member.deployment);
        const { weight, priority } = member;
        const { notBefore = 0, mayRepeat = true } = ended ?? {};
        return { member, weight, priority, health, inFlight, wasAsked: ended !== undefined, notBefore, mayRepeat };
      });
  }

  async #ask(route: ModelRoute, deployment: Deployment): Promise<readonly Attempt[]> {
    const { clock, request } = this.#sending;
    const { hedgeAfterMs } = route;
    const asking = { request, clock, totalTimeoutMs: Math.max(1, Math.ceil(this.#endsAt - clock.now())) };
    this.#attempts++;
    if (hedgeAfterMs === null || !(request.body === null || Buffer.isBuffer(request.body)))
      return [await askDeployment(deployment, asking)];
    return askHedged({
      ...asking,
      first: deployment,
      second: () => this.#second(route, deployment),
      afterMs: hedgeAfterMs,
    });
  }

  /** Whom to ask beside a slow one: somebody else where there is one. It comes out of the budget of retries. */
  #second(route: ModelRoute, first: Deployment): Deployment | null {
    const now = this.#sending.clock.now();
    const others = this.#prospects(route).filter(({ member }) => member.deployment !== first);
    const draw = this.#sending.clock.draw();
    const step = nextStep({ route: { ...route, retries: 0 }, prospects: others, retry: 1, now, leftMs: 1, draw });
    const deployment = step?.ask.member.deployment ?? first;
    if (!deployment.budget.take(now)) return null;
    this.#attempts++;
    return deployment;
  }

  #note(attempt: Attempt): void {
    this.#ended.set(attempt.deployment, attempt);
    this.#last = attempt;
  }

  #handOver({ outcome, deployment }: Attempt): UpstreamResponse {
    const { name, price } = deployment;
    if (!(outcome instanceof RightsizeError))
      return Object.assign(
        outcome,
        { deployment: name, attempts: this.#attempts, isStandIn: this.#isStandIn },
        price === null ? null : { price },
      );
    const headers = { 'x-rightsize-attempts': String(this.#attempts), 'x-rightsize-deployment': encodeURI(name) };
    throw new RightsizeError(outcome.code, outcome.message, {
      cause: outcome.cause,
      remedy: outcome.remedy,
      headers: { ...outcome.headers, ...headers },
    });
  }

  /** Why no deployment could be asked, and when one can. */
  #nobodyAsked(): RightsizeError {
    const { routes, request, clock } = this.#sending;
    const deployments = routes.flatMap((route) => route.members.map(({ deployment }) => deployment));
    const able = deployments.filter(({ supports }) => supports(request.path));
    const alias = routes[0]?.name ?? '';
    if (able.length === 0)
      return new RightsizeError('endpoint_not_supported', `No deployment of \`${alias}\` has ${request.path}.`);
    const now = clock.now();
    const waitMs = Math.max(1, Math.ceil(Math.min(...able.map(({ health }) => availableAt(health))) - now));
    const headers = { 'retry-after': String(Math.ceil(waitMs / 1_000)), 'retry-after-ms': String(waitMs) };
    return able.some(({ health }) => health.openUntil === null)
      ? new RightsizeError('upstream_cooling', `Every deployment of \`${alias}\` is at its limit.`, { headers })
      : new RightsizeError('upstream_unavailable', `Every deployment of \`${alias}\` has failed lately.`, { headers });
  }
}

/** Sends a call through the deployments of its alias and the fallbacks, up to the first byte of an answer. */
export function sendThrough(sending: Sending): Promise<UpstreamResponse> {
  const [first] = sending.routes;
  if (first === undefined) throw new RightsizeError('model_not_found', 'No deployment stands behind this model.');
  return new Passage(sending, first).send();
}

/** How long the caller waits, where an official client says so; nothing new is begun after that. */
function patienceOf({ headers }: UpstreamRequest): number {
  const seconds = Number(headers['x-stainless-timeout'] ?? headers['x-stainless-read-timeout'] ?? Number.NaN);
  return seconds > 0 ? seconds * 1_000 : Number.POSITIVE_INFINITY;
}
