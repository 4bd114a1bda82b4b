import { RightsizeError } from '../../errors.ts';
import {
  type DefaultUpstreamSettings,
  type DeploymentSettings,
  defaultUpstreamName,
  type ModelSettings,
  type UpstreamSettings,
} from '../../settings/upstream-settings.ts';
import { readSecret, type Settings } from '../../settings.ts';
import { createAnthropicProvider } from '../anthropic/anthropic-provider.ts';
import { withMessages } from '../anthropic/with-messages.ts';
import {
  createOpenAiCompatibleProvider,
  type OpenAiCompatibleOptions,
} from '../openai-compatible/openai-compatible-provider.ts';
import type { Provider } from '../provider.ts';
import { differencesOf, hasEndpoint, providerTable } from '../provider-table.ts';
import { healthy } from './deployment-health.ts';
import { type Deployment, type FleetClock, type Member, type ModelRoute, systemClock } from './fleet-parts.ts';
import { createFleet, type Fleet } from './fleet-provider.ts';
import { createRetryBudget } from './retry-budget.ts';

type SecretReference = UpstreamSettings['apiKey'];

/** The settings of an upstream, named or default, as the opening reads them. */
type AnyUpstream = Pick<DefaultUpstreamSettings, keyof UpstreamSettings>;

/** Who speaks which wire. */
const wires: Readonly<Record<'openai' | 'anthropic', (options: OpenAiCompatibleOptions) => Provider>> = {
  openai: (options) => withMessages(createOpenAiCompatibleProvider(options)),
  anthropic: createAnthropicProvider,
};

/** Told when a deployment is left alone because it failed again and again, and when it answers again. */
export type BreakerListener = (deployment: string, isOpen: boolean) => void;

export interface OpeningOptions {
  readonly clock?: FleetClock;
  readonly onBreaker?: BreakerListener;
}

/**
 * Whoever answers upstream, by the settings: the default upstream alone where nothing else is asked for, a fleet where there
 * are models or retries, null where there is nothing. Throws `invalid_setting`.
 */
export function openUpstreams(
  settings: Settings,
  { clock = systemClock, onBreaker = () => {} }: OpeningOptions = {},
): Provider | Fleet | null {
  const { upstream, models } = settings;
  const open = new OpenUpstreams(settings, onBreaker);
  const fallback = isConfigured(upstream) ? open.provider(defaultUpstreamName, upstream.apiKey) : null;
  if (Object.keys(models).length === 0 && (fallback === null || upstream.retries === 0)) return fallback;
  const routes = Object.entries(models).map(([name, model]) => open.route(name, model));
  return createFleet({
    routes,
    fallback: fallback === null || upstream.retries === 0 ? fallback : open.defaultRoute(upstream),
    clock,
    close: () => open.close(),
  });
}

function isConfigured({ kind, baseUrl }: Pick<DefaultUpstreamSettings, 'kind' | 'baseUrl'>): boolean {
  return baseUrl !== null || kind !== null;
}

/** Opened once each: a connection pool an upstream and key, a deployment however many models share it. */
class OpenUpstreams {
  readonly #settings: Settings;
  readonly #onBreaker: BreakerListener;
  readonly #providers = new Map<string, Provider>();
  readonly #deployments = new Map<string, Deployment>();

  constructor(settings: Settings, onBreaker: BreakerListener) {
    this.#settings = settings;
    this.#onBreaker = onBreaker;
  }

  provider(upstream: string, apiKey: SecretReference): Provider {
    const id = JSON.stringify([upstream, apiKey]);
    const provider = this.#providers.get(id) ?? openProvider(upstream, this.#upstream(upstream), apiKey);
    this.#providers.set(id, provider);
    return provider;
  }

  route(name: string, { deployments, hedge, ...model }: ModelSettings): ModelRoute {
    const members = deployments.map((deployment) => this.#member(deployment));
    return { ...model, name, members, hedgeAfterMs: hedge?.afterMs ?? null };
  }

  /** The default upstream with retries: one deployment for whatever model is asked for. */
  defaultRoute({ retries, retryBaseMs, longestWaitMs, totalTimeoutMs, apiKey }: DefaultUpstreamSettings): ModelRoute {
    const deployment = this.#deployment(
      { upstream: defaultUpstreamName, model: null, apiKey, price: null },
      defaultUpstreamName,
    );
    const limits = { retries, retryBaseMs, longestWaitMs, totalTimeoutMs };
    const members = [{ deployment, weight: 1, priority: 1 }];
    return { ...limits, name: defaultUpstreamName, members, choice: 'weighted', fallbacks: [], hedgeAfterMs: null };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#providers.values()].map((provider) => provider.close()));
  }

  #upstream(name: string): AnyUpstream {
    const { upstream, upstreams } = this.#settings;
    if (name === defaultUpstreamName && isConfigured(upstream)) return upstream;
    const named = Object.hasOwn(upstreams, name) ? upstreams[name] : undefined;
    if (named !== undefined) return named;
    throw new RightsizeError(
      'invalid_setting',
      `A deployment of \`models\` names the upstream "${name}", which is not set.`,
    );
  }

  #member({ weight, priority, ...deployment }: DeploymentSettings): Member {
    return { weight, priority, deployment: this.#deployment(deployment, deployment.name ?? null) };
  }

  #deployment(
    {
      upstream,
      model,
      apiKey,
      price,
    }: Pick<DeploymentSettings, 'upstream' | 'apiKey' | 'price'> & { readonly model: string | null },
    wanted: string | null,
  ): Deployment {
    const id = JSON.stringify([upstream, model, apiKey, price, wanted]);
    const known = this.#deployments.get(id);
    if (known !== undefined) return known;
    const { kind, breaker, apiKey: upstreamKey, firstByteTimeoutMs } = this.#upstream(upstream);
    const name = this.#freeName(wanted ?? `${upstream}/${model}`);
    const traits = providerTable[kind ?? 'openai'];
    const deployment: Deployment = {
      name,
      upstream,
      model,
      provider: this.provider(upstream, apiKey ?? upstreamKey),
      price,
      breaker: model === null ? null : breaker,
      budget: createRetryBudget(),
      firstByteTimeoutMs,
      onBreaker: (isOpen) => this.#onBreaker(name, isOpen),
      supports: (path) => hasEndpoint(traits, path),
      health: healthy,
      inFlight: 0,
    };
    this.#deployments.set(id, deployment);
    return deployment;
  }

  /** The same model twice under two keys: the second is called `…#2`. */
  #freeName(name: string): string {
    const taken = new Set([...this.#deployments.values()].map((deployment) => deployment.name));
    let free = name;
    for (let number = 2; taken.has(free); number++) free = `${name}#${number}`;
    return free;
  }
}

function openProvider(name: string, upstream: AnyUpstream, apiKey: SecretReference): Provider {
  const { kind, apiVersion, breaker: _, ...limits } = upstream;
  const traits = providerTable[kind ?? 'openai'];
  const baseUrl = upstream.baseUrl ?? traits.baseUrl;
  if (baseUrl === null)
    throw new RightsizeError('invalid_setting', `The upstream "${name}" is of kind ${kind} and has no \`baseUrl\`.`);
  return wires[traits.wire]({
    ...limits,
    baseUrl,
    apiKey: readSecret(apiKey),
    // Whoever speaks OpenAI's API without being known may refuse the question.
    asksForUsage: kind === null ? new URL(baseUrl).host === 'api.openai.com' : traits.streamUsage,
    differences: differencesOf(kind ?? 'openai', baseUrl, apiVersion),
    forwardsCallerKey: name === defaultUpstreamName,
  });
}
