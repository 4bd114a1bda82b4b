import { RightsizeError } from '../../errors.ts';
import { defaultUpstreamName } from '../../settings/upstream-settings.ts';
import type { DeploymentPrice, Provider } from '../provider.ts';
import { availableAt, type DeploymentState, stateOf } from './deployment-health.ts';
import { type Deployment, type FleetClock, type ModelRoute, systemClock } from './fleet-parts.ts';
import { askedModels, describeAlias, listAliases } from './list-aliases.ts';
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

/** One deployment by itself, past every choice, retry and breaker. */
export interface FleetTarget {
  readonly name: string;
  readonly model: string | null;
  readonly aliases: readonly string[];
  readonly price: DeploymentPrice | null;
  readonly provider: Provider;
}

/** Several deployments behind one provider. */
export interface Fleet extends Provider {
  states(): readonly DeploymentStanding[];
  /** Every deployment, and the default upstream where there is one. */
  targets(): readonly FleetTarget[];
}

export function isFleet(provider: Provider): provider is Fleet {
  return 'targets' in provider;
}

/** An upstream that stands behind no alias, as a target. */
export function defaultTarget(provider: Provider): FleetTarget {
  return { name: defaultUpstreamName, model: null, aliases: [], price: null, provider };
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
  const created = Math.floor(clock.date() / 1_000);
  const everybody = fallback === null || 'send' in fallback ? routes : [...routes, fallback];
  return {
    name: [...(fallback !== null && 'send' in fallback ? [fallback.name] : []), ...namesOf(everybody)].join(', '),
    close,
    async send(request) {
      const asked = request.model == null ? askedModels(request) : undefined;
      if (asked === null)
        return listAliases(request, { aliases: [...byName.keys()], created, fallback: providerOf(fallback) });
      if (asked !== undefined && byName.has(asked)) return describeAlias(asked, created);
      const chain = request.model == null ? undefined : chains.get(request.model);
      if (chain !== undefined) return sendThrough({ request, routes: chain, clock });
      if (fallback === null) throw nobodyFor(asked ?? request.model ?? null, [...byName.keys()]);
      return 'send' in fallback ? fallback.send(request) : sendThrough({ request, routes: [fallback], clock });
    },
    states: () => standings(everybody, clock.now()),
    targets: () => [
      ...(fallback !== null && 'send' in fallback ? [defaultTarget(fallback)] : []),
      ...[...byDeployment(everybody)].map(([{ name, model, price, provider }, aliases]) => ({
        name,
        model,
        price,
        provider,
        aliases,
      })),
    ],
  };
}

function namesOf(routes: readonly ModelRoute[]): readonly string[] {
  return [...new Set(routes.flatMap(({ members }) => members.map(({ deployment }) => deployment.name)))];
}

function providerOf(fallback: FleetOptions['fallback']): Provider | null {
  return fallback === null || 'send' in fallback ? fallback : (fallback.members[0]?.deployment.provider ?? null);
}

function nobodyFor(model: string | null, known: readonly string[]): RightsizeError {
  return model === null
    ? new RightsizeError(
        'upstream_not_configured',
        'Only the models of the settings are served here: `upstream` is not set.',
      )
    : new RightsizeError('model_not_found', `There is no model \`${model}\` here. Known: ${known.join(', ')}.`);
}

/** Each deployment with the aliases it answers to. */
function byDeployment(routes: readonly ModelRoute[]): ReadonlyMap<Deployment, readonly string[]> {
  const aliases = new Map<Deployment, string[]>();
  for (const { name, members } of routes)
    for (const { deployment } of members) aliases.set(deployment, [...(aliases.get(deployment) ?? []), name]);
  return aliases;
}

function standings(routes: readonly ModelRoute[], now: number): readonly DeploymentStanding[] {
  return [...byDeployment(routes)].map(([{ name, upstream, model, health, inFlight }, names]) => ({
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
