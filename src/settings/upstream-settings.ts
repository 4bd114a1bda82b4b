import { z } from 'zod';
import { milliseconds, secret } from './setting-values.ts';

/** Providers whose differences are known: src/providers/provider-table.ts. */
export const providerKinds = [
  'openai',
  'azure',
  'anthropic',
  'gemini',
  'mistral',
  'groq',
  'together',
  'fireworks',
  'deepseek',
  'openrouter',
  'vllm',
  'ollama',
  'llamacpp',
] as const;

export type ProviderKind = (typeof providerKinds)[number];

const baseUrl = z
  .url({ protocol: /^https?$/ })
  .nullable()
  .default(null);
const headers = z
  .record(
    z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'is no name of a header'),
    z.string().regex(/^[\x20-\x7e]*$/),
  )
  .default({});

const limits = {
  headers: headers.describe('Headers sent with every request to it. No place for secrets.'),
  apiVersion: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('For kind azure with deployments in the path: its `api-version`; null takes 2024-10-21.'),
  connectTimeoutMs: milliseconds.default(3_000).describe('Longest wait for a connection.'),
  firstByteTimeoutMs: milliseconds.default(300_000).describe('Longest wait for the first byte of an answer.'),
  idleTimeoutMs: milliseconds.default(120_000).describe('Longest silence inside an answer.'),
  totalTimeoutMs: milliseconds.default(600_000).describe('Longest whole call.'),
  maxConnections: z
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(256)
    .describe('Connections kept to the upstream at most.'),
  breaker: z
    .strictObject({
      failures: z.number().int().min(1).max(1_000).default(5).describe('Failures in a row that open it.'),
      openMs: milliseconds.default(15_000).describe('How long it stays open; then one call tries.'),
    })
    .prefault({})
    .describe('When a deployment of `models` is left alone for a while. 429 counts as no failure.'),
};

const waits = {
  retryBaseMs: milliseconds
    .default(500)
    .describe('Longest pause before the first retry; doubled for each further one.'),
  longestWaitMs: milliseconds
    .default(10_000)
    .describe(
      'Longest pause before a retry. Where the upstream asks for a longer one, its answer is handed on at once.',
    ),
};
const retries = z.number().int().min(0).max(100);

/** The one upstream that answers what names no model of `models`. */
export const defaultUpstreamSettings = z.strictObject({
  kind: z
    .enum(providerKinds)
    .nullable()
    .default(null)
    .describe('Whose API it is; null is any server that speaks OpenAI’s.'),
  baseUrl: baseUrl.describe(
    "Base URL of its API, with its /v1. Null: the kind's own, or no upstream where kind is null.",
  ),
  apiKey: secret
    .nullable()
    .default(null)
    .describe("The upstream's key. Without it the caller's own Authorization header is passed on."),
  ...limits,
  retries: retries.default(0).describe('Times a call that failed is sent again before its first byte.'),
  ...waits,
});

/** A further upstream, for the deployments of `models`. */
export const upstreamSettings = z.strictObject({
  kind: z.enum(providerKinds).default('openai').describe('Whose API it is; openai is any server that speaks it.'),
  baseUrl: baseUrl.describe("Base URL of its API, with its /v1; null takes the kind's own."),
  apiKey: secret
    .nullable()
    .default(null)
    .describe("The upstream's key. Without it none is sent: the caller's own goes to the default upstream only."),
  ...limits,
});

const dollarsPerMillion = z.number().min(0);

const deploymentSettings = z.strictObject({
  upstream: z.string().min(1).describe('Name in `upstreams`, or `default` for `upstream`.'),
  model: z.string().min(1).describe('What the upstream calls the model.'),
  name: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('What to call the deployment; `upstream/model` where not given.'),
  weight: z.number().positive().max(1_000_000).default(1).describe('Share of the calls, against its equals.'),
  priority: z.number().int().min(0).max(1_000).default(1).describe('Those with the lowest number are asked first.'),
  apiKey: secret.nullable().default(null).describe("A key of its own; null takes the upstream's."),
  price: z
    .strictObject({
      input: dollarsPerMillion.describe('US dollars per million input tokens.'),
      output: dollarsPerMillion.describe('US dollars per million output tokens.'),
      cachedInput: dollarsPerMillion.nullable().default(null).describe('Per million cached ones; null: as input.'),
    })
    .nullable()
    .default(null)
    .describe('What it costs; null takes the price table.'),
});

/** A name that applications ask for, and who answers to it. */
export const modelSettings = z.strictObject({
  deployments: z.array(deploymentSettings).min(1).describe('Who answers to this name.'),
  choice: z
    .enum(['weighted', 'least-busy'])
    .default('weighted')
    .describe('Who of equal priority: drawn by weight, or the one with the fewest running calls for its weight.'),
  fallbacks: z.array(z.string().min(1)).default([]).describe('Other names of `models`, tried in this order.'),
  retries: retries.default(1).describe('Times one of its deployments is asked again when each has failed once.'),
  ...waits,
  totalTimeoutMs: milliseconds.default(600_000).describe('Longest whole call, all attempts together.'),
  hedge: z
    .strictObject({ afterMs: milliseconds.describe('Silence after which a second deployment is asked too.') })
    .nullable()
    .default(null)
    .describe('Ask a second deployment where the first is slow; the later one is hung up on. It costs extra.'),
});

export type UpstreamSettings = z.output<typeof upstreamSettings>;
export type DefaultUpstreamSettings = z.output<typeof defaultUpstreamSettings>;
export type ModelSettings = z.output<typeof modelSettings>;
export type DeploymentSettings = z.output<typeof deploymentSettings>;

/** The name under which deployments speak of the one upstream of `upstream`. */
export const defaultUpstreamName = 'default';

interface NamedParts {
  readonly upstreams: Readonly<Record<string, unknown>>;
  readonly models: Readonly<Record<string, ModelSettings>>;
}

/** The first name in `models` that nothing stands behind: where it stands, and what would. Null where all is well. */
export function findDanglingName({
  upstreams,
  models,
}: NamedParts): { readonly path: readonly (string | number)[]; readonly known: readonly string[] } | null {
  const knownUpstreams = [defaultUpstreamName, ...Object.keys(upstreams)];
  const knownModels = Object.keys(models);
  for (const [alias, { deployments, fallbacks }] of Object.entries(models)) {
    const deployment = deployments.findIndex(({ upstream }) => !knownUpstreams.includes(upstream));
    if (deployment >= 0)
      return { path: ['models', alias, 'deployments', deployment, 'upstream'], known: knownUpstreams };
    const fallback = fallbacks.findIndex((name) => !knownModels.includes(name));
    if (fallback >= 0) return { path: ['models', alias, 'fallbacks', fallback], known: knownModels };
  }
  return null;
}
