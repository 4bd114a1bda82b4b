import type { ProviderKind } from '../settings/upstream-settings.ts';
import type { ApiDifferences } from './api-differences.ts';

/** What is known of one provider's API. */
export interface ProviderTraits {
  /** Where its API is, with its version; null where everybody has an address of their own. */
  readonly baseUrl: string | null;
  /** Which wire it speaks. */
  readonly wire: 'openai' | 'anthropic';
  readonly differences: ApiDifferences;
  /** Endpoints behind `/v1` that it does not have. What its pages do not speak of is sent on, and it may refuse. */
  readonly lacks: readonly string[];
  /** Whether it takes `stream_options`, so that streams can be asked what they used. */
  readonly streamUsage: boolean;
  /** Where this was read, and when (YYYY-MM-DD). */
  readonly source: string;
  readonly date: string;
}

const responses = '/responses';
const embeddings = '/embeddings';
const completions = '/completions';

/** Without the newer name the limit would be refused or ignored. */
const olderTokenLimit = { max_completion_tokens: { name: 'max_tokens' } } as const;

/** Everything in which the providers differ; there is no code for a single one, but for Anthropic's own wire. */
export const providerTable: Readonly<Record<ProviderKind, ProviderTraits>> = {
  openai: {
    baseUrl: 'https://api.openai.com/v1',
    wire: 'openai',
    differences: {},
    lacks: [],
    streamUsage: true,
    source: 'https://platform.openai.com/docs/api-reference',
    date: '2026-11-25',
  },
  // Base URLs that end in /openai/v1 are the newer form: model in the body, no version. See `differencesOf`.
  azure: {
    baseUrl: null,
    wire: 'openai',
    differences: { key: 'api-key', deploymentPath: { apiVersion: '2024-10-21' } },
    lacks: [],
    streamUsage: true,
    source: 'https://learn.microsoft.com/azure/ai-services/openai/reference',
    date: '2026-11-25',
  },
  anthropic: {
    baseUrl: 'https://api.anthropic.com/v1',
    wire: 'anthropic',
    differences: { key: 'x-api-key' },
    lacks: [responses, embeddings, completions],
    streamUsage: true,
    source: 'https://platform.claude.com/docs/en/api/messages',
    date: '2026-11-25',
  },
  gemini: {
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    wire: 'openai',
    differences: {},
    lacks: [responses, completions],
    streamUsage: true,
    source: 'https://ai.google.dev/gemini-api/docs/openai',
    date: '2026-11-25',
  },
  // It answers 422 to members that it does not know (avante-corp/avante.nvim#2347, editor-code-assistant/eca#231).
  mistral: {
    baseUrl: 'https://api.mistral.ai/v1',
    wire: 'openai',
    differences: { members: { ...olderTokenLimit, stream_options: { isDropped: true }, store: { isDropped: true } } },
    lacks: [responses, completions],
    streamUsage: false,
    source: 'https://docs.mistral.ai/api/',
    date: '2026-11-25',
  },
  groq: {
    baseUrl: 'https://api.groq.com/openai/v1',
    wire: 'openai',
    differences: {},
    lacks: [embeddings, completions],
    streamUsage: true,
    source: 'https://console.groq.com/docs/openai',
    date: '2026-11-25',
  },
  together: {
    baseUrl: 'https://api.together.ai/v1',
    wire: 'openai',
    differences: { members: olderTokenLimit },
    lacks: [responses],
    streamUsage: true,
    source: 'https://docs.together.ai/docs/inference/openai-compatibility',
    date: '2026-11-25',
  },
  fireworks: {
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    wire: 'openai',
    differences: { members: olderTokenLimit },
    lacks: [],
    streamUsage: true,
    source: 'https://docs.fireworks.ai/tools-sdks/openai-compatibility',
    date: '2026-11-25',
  },
  deepseek: {
    baseUrl: 'https://api.deepseek.com/v1',
    wire: 'openai',
    differences: { members: olderTokenLimit },
    lacks: [responses, embeddings],
    streamUsage: true,
    source: 'https://api-docs.deepseek.com/api/create-chat-completion',
    date: '2026-11-25',
  },
  openrouter: {
    baseUrl: 'https://openrouter.ai/api/v1',
    wire: 'openai',
    differences: {},
    lacks: [],
    streamUsage: true,
    source: 'https://openrouter.ai/docs/api-reference/overview',
    date: '2026-11-25',
  },
  vllm: {
    baseUrl: 'http://127.0.0.1:8000/v1',
    wire: 'openai',
    differences: {},
    lacks: [],
    streamUsage: true,
    source: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html',
    date: '2026-11-25',
  },
  ollama: {
    baseUrl: 'http://127.0.0.1:11434/v1',
    wire: 'openai',
    differences: { members: olderTokenLimit },
    lacks: [],
    streamUsage: true,
    source: 'https://docs.ollama.com/api/openai-compatibility',
    date: '2026-11-25',
  },
  llamacpp: {
    baseUrl: 'http://127.0.0.1:8080/v1',
    wire: 'openai',
    differences: { members: olderTokenLimit },
    lacks: [],
    streamUsage: true,
    source: 'https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md',
    date: '2026-11-25',
  },
};

/** What differs for one upstream: an Azure address in the newer form needs neither deployment path nor version. */
export function differencesOf(kind: ProviderKind, baseUrl: string, apiVersion: string | null): ApiDifferences {
  const { deploymentPath, ...differences } = providerTable[kind].differences;
  if (deploymentPath === undefined || /\/openai\/v1\/?$/.test(baseUrl)) return differences;
  return { ...differences, deploymentPath: apiVersion === null ? deploymentPath : { apiVersion } };
}

/** Whether a provider has the endpoint of a path behind `/v1`. */
export function hasEndpoint({ lacks }: ProviderTraits, path: string): boolean {
  return !lacks.some((lacking) => path === lacking || path.startsWith(`${lacking}/`) || path.startsWith(`${lacking}?`));
}
