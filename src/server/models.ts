import { costOfCall, readUsage } from '../economics/cost-of-call.ts';
import { findPrice, type Rates } from '../economics/find-price.ts';
import { RightsizeError } from '../errors.ts';
import { readSmall } from '../providers/fleet/first-byte.ts';
import {
  type DeploymentStanding,
  defaultTarget,
  type FleetTarget,
  isFleet,
} from '../providers/fleet/fleet-provider.ts';
import type { Provider, UpstreamResponse } from '../providers/provider.ts';
import { isJsonObject, type JsonObject } from '../records/call.ts';
import { readSecret, type Settings } from '../settings.ts';

/** One deployment as `models list` shows it. */
export interface ModelLine {
  readonly name: string;
  /** What applications ask for; none for the default upstream. */
  readonly aliases: readonly string[];
  /** As the upstream calls it; null for whatever the caller asks for. */
  readonly model: string | null;
  /** US dollars per million tokens; null where unknown. */
  readonly price: Rates | null;
  /** Null for an upstream that is simply asked, without retries. */
  readonly standing: Pick<DeploymentStanding, 'state' | 'availableInMs' | 'inFlight' | 'failures'> | null;
}

export interface ModelsDocument {
  readonly deployments: readonly ModelLine[];
}

/** What came of one small call through one deployment. */
export interface ModelTest {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly model: string | null;
  readonly isWell: boolean;
  /** Null where no answer came. */
  readonly status: number | null;
  readonly latencyMs: number;
  readonly price: Rates | null;
  /** US dollars that the call cost; null where unknown. */
  readonly cost: number | null;
  readonly error: { readonly code: string; readonly message: string; readonly remedy: string } | null;
}

export interface ModelTestsDocument {
  readonly ok: boolean;
  readonly tests: readonly ModelTest[];
}

export function listModels(provider: Provider | null): ModelsDocument {
  const standings = new Map(standingsOf(provider).map((standing) => [standing.name, standing]));
  const deployments = targetsOf(provider).map((target) => {
    const { name, aliases, model } = target;
    return { name, aliases, model, price: priceOf(target), standing: shown(standings.get(name)) };
  });
  return { deployments };
}

/** How the deployments fare; none where there are no models. */
export function standingsOf(provider: Provider | null): readonly DeploymentStanding[] {
  return provider !== null && isFleet(provider) ? provider.states() : [];
}

function shown(standing: DeploymentStanding | undefined): ModelLine['standing'] {
  if (standing === undefined) return null;
  const { state, availableInMs, inFlight, failures } = standing;
  return { state, availableInMs, inFlight, failures };
}

export interface ModelTestOptions {
  readonly provider: Provider | null;
  readonly settings: Settings;
  /** Aliases or deployments; null tests all. */
  readonly names: readonly string[] | null;
}

/**
 * One small call through each deployment, at once. Throws `model_not_found` for a name that is none,
 * `upstream_not_configured` where there is nothing to test.
 */
export async function testModels({ provider, settings, names }: ModelTestOptions): Promise<ModelTestsDocument> {
  const targets = targetsOf(provider);
  if (targets.length === 0)
    throw new RightsizeError('upstream_not_configured', 'There is no upstream to test: none is in the settings.');
  const wanted = names === null ? targets : names.flatMap((name) => targetsNamed(name, targets));
  const hide = hiderOf(settings);
  const tests = await Promise.all([...new Set(wanted)].map((target) => testTarget(target, hide)));
  return { ok: tests.every(({ isWell }) => isWell), tests };
}

function targetsOf(provider: Provider | null): readonly FleetTarget[] {
  if (provider === null) return [];
  return isFleet(provider) ? provider.targets() : [defaultTarget(provider)];
}

function targetsNamed(wanted: string, targets: readonly FleetTarget[]): readonly FleetTarget[] {
  const found = targets.filter(({ name, aliases }) => name === wanted || aliases.includes(wanted));
  if (found.length > 0) return found;
  const known = [...new Set(targets.flatMap(({ name, aliases }) => [...aliases, name]))].join(', ');
  throw new RightsizeError('model_not_found', `There is no model \`${wanted}\`. Known: ${known}.`, {
    remedy: 'List them with `rightsize models list`.',
  });
}

function priceOf({ price, model }: FleetTarget): Rates | null {
  if (price !== null) return price;
  const found = model === null ? null : findPrice(model);
  return found === null ? null : { input: found.input, cachedInput: found.cachedInput, output: found.output };
}

const patienceMs = 30_000;
/** Lists of models, and vectors, are long. */
const largestAnswer = { bytes: 4 * 1024 * 1024, withinMs: patienceMs };

async function testTarget(target: FleetTarget, hide: (text: string) => string): Promise<ModelTest> {
  const { name, aliases, model } = target;
  const startedAt = performance.now();
  const told = { name, aliases, model, price: priceOf(target) };
  try {
    const response = await target.provider.send({ ...smallCall(model), signal: AbortSignal.timeout(patienceMs) });
    const body = await readObject(response);
    const latencyMs = Math.round(performance.now() - startedAt);
    const { status } = response;
    const cost = costOfCall(readUsage(body ?? {}), told.price);
    const error = status < 400 && body !== null ? null : refusal(status, body, hide);
    return { ...told, isWell: error === null, status, latencyMs, cost, error };
  } catch (cause) {
    const latencyMs = Math.round(performance.now() - startedAt);
    return { ...told, isWell: false, status: null, latencyMs, cost: null, error: failure(cause, hide) };
  }
}

/** The least that shows whether model and key are right. Without a model, the list of them. */
function smallCall(model: string | null) {
  const headers = { 'content-type': 'application/json' };
  if (model === null) return { method: 'GET', path: '/models', headers: {}, body: null };
  const isEmbedding = /embed/i.test(model);
  const words = isEmbedding
    ? { model, input: 'ping' }
    : { model, messages: [{ role: 'user', content: 'Say ok.' }], max_completion_tokens: 16 };
  const path = isEmbedding ? '/embeddings' : '/chat/completions';
  return { method: 'POST', path, headers, body: Buffer.from(JSON.stringify(words)), model };
}

async function readObject({ body }: UpstreamResponse): Promise<JsonObject | null> {
  try {
    const value: unknown = JSON.parse((await readSmall(body, largestAnswer))?.toString('utf8') ?? '');
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

function refusal(status: number, body: JsonObject | null, hide: (text: string) => string): ModelTest['error'] {
  const told = body !== null && isJsonObject(body.error) ? body.error : (body ?? {});
  const message = typeof told.message === 'string' ? told.message : 'It did not say why.';
  const code = typeof told.code === 'string' ? told.code : 'upstream_failed';
  return { code: hide(code), message: hide(message).slice(0, 300), remedy: wayOut(status) };
}

function wayOut(status: number): string {
  if (status === 401 || status === 403) return 'Check its `apiKey`, and that the key may use this model.';
  if (status === 404) return 'Check `model` and `baseUrl`; the base URL ends in the version, such as /v1.';
  if (status === 429) return 'The key is at its limit or its account is spent; wait, or give it another key.';
  if (status >= 500) return 'The upstream is in trouble; give the model a second deployment or a fallback.';
  return 'See what the upstream says; the model may not take such a call.';
}

function failure(cause: unknown, hide: (text: string) => string): ModelTest['error'] {
  if (cause instanceof RightsizeError) return { code: cause.code, message: hide(cause.message), remedy: cause.remedy };
  const isLate = cause instanceof Error && cause.name === 'TimeoutError';
  const message = isLate ? `No answer within ${patienceMs} ms.` : hide(String(cause));
  return { code: isLate ? 'upstream_total_timeout' : 'internal', message, remedy: 'Look at the upstream.' };
}

/** Upstreams may repeat the key that they refuse; nobody is shown it. */
function hiderOf({ upstream, upstreams, models }: Settings): (text: string) => string {
  const deployments = Object.values(models).flatMap((model) => model.deployments);
  const keys = [upstream, ...Object.values(upstreams), ...deployments].flatMap(
    ({ apiKey }) => readSecret(apiKey) || [],
  );
  return (text) => keys.reduce((shown, key) => shown.replaceAll(key, '…'), text);
}
