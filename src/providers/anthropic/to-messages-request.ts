import { type ChatRequest, isJsonObject, type Json, type JsonObject } from '../../records/call.ts';
import { toMessages } from './to-messages.ts';
import { Untranslatable } from './untranslatable.ts';
import { isUnsaid, said } from './wire-words.ts';

/** Anthropic asks every request for a limit; this stands where an OpenAI-speaking one sets none. */
export const defaultMaxTokens = 4_096;

/** What of a chat request has a place of its own below. */
const translated = new Set([
  'max_completion_tokens',
  'max_tokens',
  'messages',
  'model',
  'parallel_tool_calls',
  'reasoning_effort',
  'response_format',
  'safety_identifier',
  'service_tier',
  'stop',
  'stream',
  'stream_options',
  'temperature',
  'thinking',
  'tool_choice',
  'tools',
  'top_k',
  'top_p',
  'user',
]);

/** Said about a call, not to the model: nothing is lost where an API has no place for it. */
const withoutEffect = new Set(['metadata', 'prompt_cache_key', 'prompt_cache_retention']);

/** Values that ask for nothing out of the ordinary. */
const ordinary: Readonly<Record<string, Json>> = {
  frequency_penalty: 0,
  functions: [],
  logit_bias: {},
  logprobs: false,
  modalities: ['text'],
  n: 1,
  presence_penalty: 0,
  store: false,
  top_logprobs: 0,
  verbosity: 'medium',
};

/** A chat request as Anthropic's messages API takes it. Throws Untranslatable with the field that has no counterpart there. */
export function toMessagesRequest(request: ChatRequest): JsonObject {
  refuseTheRest(request);
  const { system, messages } = toMessages(request.messages);
  const { temperature } = request;
  if (typeof temperature === 'number' && temperature > 1)
    throw new Untranslatable('temperature', 'is above 1, the most that Anthropic takes');
  return {
    model: request.model,
    max_tokens: request.max_completion_tokens ?? request.max_tokens ?? defaultMaxTokens,
    ...said({
      system,
      messages,
      stop_sequences: typeof request.stop === 'string' ? [request.stop] : request.stop,
      temperature,
      top_p: request.top_p,
      top_k: request.top_k,
      stream: request.stream === true ? true : undefined,
      tools: toolsOf(request),
      tool_choice: toolChoiceOf(request),
      metadata: metadataOf(request),
      service_tier: serviceTierOf(request.service_tier),
      thinking: request.thinking ?? thinkingOf(request.reasoning_effort),
      output_config: outputConfigOf(request),
    }),
  };
}

function refuseTheRest(request: ChatRequest): void {
  for (const [field, value] of Object.entries(request)) {
    if (translated.has(field) || withoutEffect.has(field) || isUnsaid(value)) continue;
    if (JSON.stringify(value) === JSON.stringify(ordinary[field])) continue;
    throw new Untranslatable(field, 'has no counterpart in the API of Anthropic');
  }
}

function toolsOf({ tools }: ChatRequest): Json | undefined {
  if (!Array.isArray(tools) || tools.length === 0) return undefined;
  return tools.map((tool: Json, at) => {
    const made = isJsonObject(tool) ? tool.function : undefined;
    if (!isJsonObject(tool) || tool.type !== 'function' || !isJsonObject(made))
      throw new Untranslatable(`tools[${at}]`, 'is no function');
    return said({
      name: made.name,
      description: made.description,
      input_schema: made.parameters ?? { type: 'object', properties: {} },
      strict: made.strict === true ? true : undefined,
      cache_control: tool.cache_control,
    });
  });
}

function toolChoiceOf({ tool_choice: choice, parallel_tool_calls: parallel, tools }: ChatRequest): Json | undefined {
  const single = parallel === false ? { disable_parallel_tool_use: true } : {};
  if (isUnsaid(choice) || choice === 'auto') {
    const hasTools = Array.isArray(tools) && tools.length > 0;
    return choice === 'auto' || (parallel === false && hasTools) ? { type: 'auto', ...single } : undefined;
  }
  if (choice === 'none') return { type: 'none' };
  if (choice === 'required') return { type: 'any', ...single };
  if (isJsonObject(choice) && choice.type === 'function' && isJsonObject(choice.function))
    return said({ type: 'tool', name: choice.function.name, ...single });
  throw new Untranslatable('tool_choice', 'is none of auto, none, required or one function');
}

function metadataOf({ user, safety_identifier: identifier }: ChatRequest): Json | undefined {
  const id = identifier ?? user;
  return typeof id === 'string' ? { user_id: id } : undefined;
}

function serviceTierOf(tier: Json | undefined): Json | undefined {
  if (isUnsaid(tier) || tier === 'auto') return tier;
  if (tier === 'default') return 'standard_only';
  throw new Untranslatable('service_tier', 'is neither auto nor default');
}

function thinkingOf(effort: Json | undefined): Json | undefined {
  if (isUnsaid(effort)) return undefined;
  return { type: effort === 'none' ? 'disabled' : 'adaptive' };
}

function outputConfigOf({ reasoning_effort: effort, response_format: format }: ChatRequest): Json | undefined {
  const config = said({ effort: effortOf(effort), format: formatOf(format) });
  return Object.keys(config).length === 0 ? undefined : config;
}

function effortOf(effort: Json | undefined): Json | undefined {
  if (isUnsaid(effort) || effort === 'none') return undefined;
  if (effort === 'minimal') return 'low';
  if (['low', 'medium', 'high', 'xhigh', 'max'].some((known) => known === effort)) return effort;
  throw new Untranslatable('reasoning_effort', 'is no effort that Anthropic knows');
}

function formatOf(format: Json | undefined): Json | undefined {
  if (isUnsaid(format) || (isJsonObject(format) && format.type === 'text')) return undefined;
  const described = isJsonObject(format) && format.type === 'json_schema' ? format.json_schema : undefined;
  if (isJsonObject(described) && isJsonObject(described.schema))
    return { type: 'json_schema', schema: described.schema };
  throw new Untranslatable('response_format', 'is neither text nor json_schema with a schema');
}
