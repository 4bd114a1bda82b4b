import type { Json, JsonObject } from '../../records/call.ts';
import { isObject } from '../parse-call.ts';
import { completionOf, elapsedMs, firstOf, messagesOf, objectOf, unpacked, usageOf } from './json-fields.ts';
import type { LogFormat, Translation } from './log-format.ts';

/** Langfuse's observations, as its API (camel case) and its exports (snake case) write them. */
export const langfuseFormat: LogFormat = {
  name: 'Langfuse',
  recognises: (record) =>
    typeof record.type === 'string' &&
    firstOf(record, 'traceId', 'trace_id') !== undefined &&
    firstOf(record, 'startTime', 'start_time') !== undefined,
  translate,
};

function translate(record: JsonObject): Translation {
  if (record.type !== 'GENERATION') return { kind: 'other' };
  const request = requestOf(record);
  if (!request) return { kind: 'bad', reason: '`input` holds no messages of a chat completion' };
  const failed = record.level === 'ERROR';
  const response = failed
    ? { error: { message: firstOf(record, 'statusMessage', 'status_message') ?? 'failed' } }
    : completionOf(record.output, usageFrom(record));
  if (!response) return { kind: 'bad', reason: '`output` is empty' };
  return {
    kind: 'call',
    record: {
      id: record.id,
      at: firstOf(record, 'startTime', 'start_time'),
      status: failed ? 500 : 200,
      latencyMs: latencyOf(record),
      request,
      response,
      tags: tagsOf(record),
    },
  };
}

function requestOf(record: JsonObject): JsonObject | null {
  const input = unpacked(record.input);
  const messages = messagesOf(input);
  if (!messages) return null;
  const model = firstOf(record, 'model', 'providedModelName', 'provided_model_name');
  const parameters = objectOf(firstOf(record, 'modelParameters', 'model_parameters'));
  // Integrations that log tools write the whole body as input.
  if (isObject(input) && Array.isArray(input.messages)) return { model, ...parameters, ...input };
  return { model, messages, ...parameters };
}

function usageFrom(record: JsonObject): JsonObject | null {
  const details = objectOf(firstOf(record, 'usageDetails', 'usage_details'));
  const usage = objectOf(record.usage);
  const input = firstOf(details, 'input') ?? firstOf(usage, 'input', 'promptTokens') ?? record.promptTokens;
  const output = firstOf(details, 'output') ?? firstOf(usage, 'output', 'completionTokens') ?? record.completionTokens;
  return usageOf(input, output);
}

function latencyOf(record: JsonObject): number | null {
  return elapsedMs(firstOf(record, 'startTime', 'start_time') as Json, firstOf(record, 'endTime', 'end_time'));
}

function tagsOf(record: JsonObject): JsonObject {
  const name = record.name;
  const conversation = firstOf(record, 'sessionId', 'session_id', 'traceId', 'trace_id');
  return {
    ...(typeof name === 'string' && name !== '' ? { step: name } : {}),
    ...(conversation === undefined ? {} : { conversation }),
  };
}
