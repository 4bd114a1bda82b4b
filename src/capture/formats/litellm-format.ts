import type { JsonObject } from '../../records/call.ts';
import { isObject } from '../parse-call.ts';
import { completionOf, elapsedMs, firstOf, messagesOf, objectOf, unpacked, usageOf } from './json-fields.ts';
import type { LogFormat, Translation } from './log-format.ts';

/**
 * LiteLLM's logs: rows of its spend log (`request_id`, with `messages` or `proxy_server_request` where it was told to
 * keep prompts) and the payloads it hands to logging callbacks (`id`, `trace_id`, `model_parameters`).
 */
export const litellmFormat: LogFormat = {
  name: 'LiteLLM',
  recognises: (record) => 'startTime' in record && ('call_type' in record || 'request_id' in record),
  translate,
};

const chatCalls = new Set(['completion', 'acompletion', '']);

function translate(record: JsonObject): Translation {
  if (!chatCalls.has(String(record.call_type ?? ''))) return { kind: 'other' };
  const request = requestOf(record);
  if (!request) return { kind: 'bad', reason: 'has no `messages`; let LiteLLM store prompts in its spend logs' };
  const failed = record.status === 'failure';
  const usage = usageOf(record.prompt_tokens, record.completion_tokens);
  const response = failed ? errorOf(record) : completionOf(record.response, usage);
  if (!response) return { kind: 'bad', reason: 'has no `response`; let LiteLLM store prompts in its spend logs' };
  return {
    kind: 'call',
    record: {
      id: firstOf(record, 'request_id', 'id'),
      at: record.startTime,
      tenant: firstOf(record, 'team_id', 'tenant'),
      status: failed ? errorStatus(record) : 200,
      latencyMs: elapsedMs(record.startTime, record.endTime),
      request,
      response,
      tags: tagsOf(record),
    },
  };
}

/** The body the client sent where it was kept, else one made from what was. */
function requestOf(record: JsonObject): JsonObject | null {
  const sent = objectOf(record.proxy_server_request);
  const body = isObject(sent.body) ? sent.body : sent;
  const messages = messagesOf(record.messages) ?? messagesOf(body.messages);
  if (!messages) return null;
  const model = firstOf(body, 'model') ?? firstOf(record, 'model_group', 'model');
  if (Array.isArray(body.messages)) return { ...body, model };
  const { stream: _, ...parameters } = objectOf(record.model_parameters);
  return { model, messages, ...parameters };
}

function errorOf(record: JsonObject): JsonObject {
  const given = unpacked(record.response);
  if (isObject(given) && isObject(given.error)) return given;
  const { error_message: message, error_class: type } = objectOf(record.error_information);
  return { error: { message: message ?? record.error_str ?? 'failed', ...(type === undefined ? {} : { type }) } };
}

function errorStatus(record: JsonObject): number {
  const code = Number(objectOf(record.error_information).error_code);
  return Number.isInteger(code) && code >= 400 && code <= 599 ? code : 500;
}

function tagsOf(record: JsonObject): JsonObject {
  const conversation = firstOf(record, 'session_id', 'trace_id');
  return typeof conversation === 'string' && conversation !== '' ? { conversation } : {};
}
