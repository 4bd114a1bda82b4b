import { type ChatRequest, isJsonObject, type Json, type JsonObject } from '../../records/call.ts';
import { toChatMessages } from './to-chat-messages.ts';
import type { Untranslatable } from './untranslatable.ts';
import { isUnsaid, said, textOf } from './wire-words.ts';

/** Told of everything that has no counterpart. Throwing ends the translation; returning goes on without that field. */
export type OnUntranslatable = (problem: { readonly param: string; readonly why: string }) => void;

const translated = new Set([
  'max_tokens',
  'messages',
  'metadata',
  'model',
  'output_config',
  'service_tier',
  'stop_sequences',
  'stream',
  'system',
  'temperature',
  'thinking',
  'tool_choice',
  'tools',
  'top_p',
]);

/** Hints about cost and speed, which change no word of an answer. */
const hints = new Set(['cache_control', 'inference_geo']);

/**
 * A request for a message as a chat request. Streams ask for their usage, which every message tells. Thoughts of earlier
 * turns are left out: their signatures mean nothing to another provider.
 */
export function toChatRequest(request: JsonObject, onUntranslatable: OnUntranslatable): ChatRequest {
  for (const [field, value] of Object.entries(request))
    if (!translated.has(field) && !hints.has(field) && !isUnsaid(value))
      onUntranslatable({ param: field, why: 'has no counterpart in chat completions' });
  const isStream = request.stream === true;
  const { tool_choice: choice } = request;
  return {
    model: textOf(request.model),
    messages: toChatMessages(request, onUntranslatable),
    ...said({
      max_completion_tokens: request.max_tokens,
      stop:
        Array.isArray(request.stop_sequences) && request.stop_sequences.length === 0 ? null : request.stop_sequences,
      temperature: request.temperature,
      top_p: request.top_p,
      stream: isStream ? true : undefined,
      stream_options: isStream ? { include_usage: true } : undefined,
      tools: toolsOf(request.tools, onUntranslatable),
      tool_choice: toolChoiceOf(choice, onUntranslatable),
      parallel_tool_calls: isJsonObject(choice) && choice.disable_parallel_tool_use === true ? false : undefined,
      user: isJsonObject(request.metadata) ? request.metadata.user_id : undefined,
      service_tier: request.service_tier === 'standard_only' ? 'default' : request.service_tier,
      reasoning_effort: effortOf(request),
      response_format: formatOf(request.output_config, onUntranslatable),
    }),
  };
}

function toolsOf(tools: Json | undefined, onUntranslatable: OnUntranslatable): Json | undefined {
  if (!Array.isArray(tools) || tools.length === 0) return undefined;
  return tools.flatMap((tool: Json, at): Json[] => {
    if (!isJsonObject(tool) || (!isUnsaid(tool.type) && tool.type !== 'custom')) {
      onUntranslatable({ param: `tools[${at}].type`, why: 'is a tool of Anthropic’s own' });
      return [];
    }
    const { name, description, input_schema: parameters, strict } = tool;
    return [{ type: 'function', function: said({ name, description, parameters, strict }) }];
  });
}

function toolChoiceOf(choice: Json | undefined, onUntranslatable: OnUntranslatable): Json | undefined {
  if (isUnsaid(choice)) return undefined;
  if (isJsonObject(choice)) {
    if (choice.type === 'auto' || choice.type === 'none') return choice.type;
    if (choice.type === 'any') return 'required';
    if (choice.type === 'tool') return { type: 'function', function: said({ name: choice.name }) };
  }
  onUntranslatable({ param: 'tool_choice', why: 'is none of auto, any, tool or none' });
  return undefined;
}

const mostForLow = 4_096;
const mostForMedium = 16_384;

/** Budgets become the nearest of three efforts. */
function effortOf({ thinking, output_config: config }: JsonObject): Json | undefined {
  if (isJsonObject(config) && typeof config.effort === 'string')
    return config.effort === 'max' ? 'xhigh' : config.effort;
  if (!isJsonObject(thinking) || thinking.type !== 'enabled') return undefined;
  const budget = Number(thinking.budget_tokens ?? 0);
  if (budget < mostForLow) return 'low';
  return budget < mostForMedium ? 'medium' : 'high';
}

function formatOf(config: Json | undefined, onUntranslatable: OnUntranslatable): Json | undefined {
  const format = isJsonObject(config) ? config.format : undefined;
  if (isUnsaid(format)) return undefined;
  if (isJsonObject(format) && format.type === 'json_schema')
    return { type: 'json_schema', json_schema: said({ name: 'answer', schema: format.schema, strict: true }) };
  onUntranslatable({ param: 'output_config.format', why: 'is no json_schema' });
  return undefined;
}

/** For translations that are sent: whatever would be lost is refused. */
export function refuseWith(create: (param: string, why: string) => Untranslatable): OnUntranslatable {
  return ({ param, why }) => {
    throw create(param, why);
  };
}
