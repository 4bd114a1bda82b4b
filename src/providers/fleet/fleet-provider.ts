import { RightsizeError } from '../../errors.ts';
import type { Provider } from '../provider.ts';
import { availableAt, type DeploymentState, stateOf } from './deployment-health.ts';
import { type Deployment, type FleetClock, type ModelRoute, systemClock } from './fleet-parts.ts';
import { sendThrough } from './send-through.ts';

/** How one deployment fares, for metrics and people. */
export interface DeploymentStanding {
  readonly name: string;
  readonly upstream: string;
  /** Null: whatever the caller asks for. */
  readonly model: string | null;
  /** The aliases it answers to. */
  readonly aliases: readonly string[];
  readonly state: DeploymentState;
  /** Until it may be asked again; 0 where it may be now. */
  readonly availableInMs: number;
  /** Calls being answered. */
  readonly inFlight: number;
  /** Failures in a row. */
  readonly failures: number;
}

/** Several deployments behind one provider. */
export interface Fleet extends Provider {
  states(): readonly DeploymentStanding[];
}

export interface FleetOptions {
  readonly routes: readonly ModelRoute[];
  /** Answers what names no alias; null: nobody does. */
  readonly fallback: Provider | ModelRoute | null;
  readonly close: () => Promise<void>;
  readonly clock?: FleetClock;
}

/** Sends each call through the deployments of the model that it names. */
export function createFleet({ routes, fallback, close, clock = systemClock }: FleetOptions): Fleet {
  const byName = new Map(routes.map((route) => [route.name, route]));
  const chains = new Map(
    routes.map((route) => [route.name, [route, ...route.fallbacks.flatMap((name) => byName.get(name) ?? [])]]),
  );
  const everybody = fallback === null || 'send' in fallback ? routes : [...routes, fallback];
  return {
    name: [...new Set(everybody.flatMap(({ members }) => members.map(({ deployment }) => deployment.name)))].join(', '),
    close,
    async send(request) {
      const chain = request.model == null ? undefined : chains.get(request.model);
      if (chain !== undefined) return sendThrough({ request, routes: chain, clock });
      if (fallback === null) throw nobodyFor(request.model ?? null, [...byName.keys()]);
      return 'send' in fallback ? fallback.send(request) : sendThrough({ request, routes: [fallback], clock });
    },
    states: () => standings(everybody, clock.now()),
  };
}

function nobodyFor(model: string | null, known: readonly string[]): RightsizeError {
  return model === null
    ? new RightsizeError(
        'upstream_not_configured',
        'Only the models of the settings are served here: `upstream` is not set.',
      )
    : new RightsizeError('model_not_found', `There is no model \`${model}\` here. Known: ${known.join(', ')}.`);
}

function standings(routes: readonly ModelRoute[], now: number): readonly DeploymentStanding[] {
  const aliases = new Map<Deployment, string[]>();
  for (const { name, members } of routes)
    for (const { deployment } of members) aliases.set(deployment, [...(aliases.get(deployment) ?? []), name]);
  return [...aliases].map(([{ name, upstream, model, health, inFlight }, names]) => ({
    name,
    upstream,
    model,
    aliases: names,
    state: stateOf(health, now),
    availableInMs: Math.max(0, Math.ceil(availableAt(health) - now)),
    inFlight,
    failures: health.failures,
  }));
}
