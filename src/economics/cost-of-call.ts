import type { Json, JsonObject, Usage } from '../records/call.ts';
import { findPrice, type PriceTable, type Rates } from './find-price.ts';

/** What one answer cost in US dollars, by its own usage. Null where tokens or price are not known. */
export function costOfCall(usage: Usage | null, price: Rates | null): number | null {
  if (!usage || !price || usage.inputTokens === null || usage.outputTokens === null) return null;
  if (price.input === null || price.output === null) return null;
  const cached = Math.min(usage.cachedInputTokens ?? 0, usage.inputTokens);
  const fresh = usage.inputTokens - cached;
  return (fresh * price.input + cached * (price.cachedInput ?? price.input) + usage.outputTokens * price.output) / 1e6;
}

/**
 * What one recorded answer cost in US dollars: its own usage through the price of the model that answered, or, where the
 * response names an unknown one, of the model that was asked for. Null where that is not known.
 */
export function costOfResponse(response: JsonObject, requestedModel: string, table?: PriceTable): number | null {
  const answering = typeof response.model === 'string' ? findPrice(response.model, table) : null;
  return costOfCall(readUsage(response), answering ?? findPrice(requestedModel, table));
}

/** The same, at a deployment's own price where there is one. */
export function costAtPrice(own: Rates | null, response: JsonObject, requestedModel: string): number | null {
  return own === null ? costOfResponse(response, requestedModel) : costOfCall(readUsage(response), own);
}

/** The usage object of a chat completion (`prompt_tokens`) or message (`input_tokens`); null where there is none. */
export function readUsage(response: JsonObject): Usage | null {
  const usage = response.usage;
  if (!isObject(usage)) return null;
  const details = usage.prompt_tokens_details ?? usage.input_tokens_details;
  const found = {
    inputTokens: tokens(usage.prompt_tokens ?? usage.input_tokens),
    outputTokens: tokens(usage.completion_tokens ?? usage.output_tokens),
    cachedInputTokens: isObject(details) ? tokens(details.cached_tokens) : null,
  };
  return found.inputTokens === null && found.outputTokens === null ? null : found;
}

function tokens(value: Json | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
