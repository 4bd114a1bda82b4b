import type { JsonObject } from '../../records/call.ts';
import { isObject } from '../parse-call.ts';
import type { LogFormat, Translation } from './log-format.ts';

/**
 * OpenAI's batch files: the input (`custom_id`, `method`, `url`, `body`) and the output or error file
 * (`custom_id`, `response.status_code`, `response.body`, `error`), joined by `custom_id`.
 */
export const openaiBatchFormat: LogFormat = {
  name: 'OpenAI batch',
  recognises: (record) =>
    typeof record.custom_id === 'string' && (isObject(record.body) || 'response' in record || 'error' in record),
  translate: (record) => (isObject(record.body) ? translateInput(record, record.body) : translateOutput(record)),
};

function translateInput(record: JsonObject, body: JsonObject): Translation {
  const url = record.url;
  if (typeof url === 'string' && !url.endsWith('/chat/completions')) return { kind: 'other' };
  return { kind: 'half', side: 'request', key: String(record.custom_id), record: { request: body } };
}

function translateOutput(record: JsonObject): Translation {
  const key = String(record.custom_id);
  const response = record.response;
  if (!isObject(response) || !isObject(response.body)) {
    // A request that expired or was cancelled has an error in place of a response.
    const error = isObject(record.error) ? record.error : { message: 'no response' };
    return half(key, { ...idOf(record), status: 500, response: { error } });
  }
  const { body, status_code: status } = response;
  const created = typeof body.created === 'number' ? { at: body.created } : {};
  return half(key, { ...idOf(record), ...created, status: typeof status === 'number' ? status : 200, response: body });
}

function half(key: string, record: JsonObject): Translation {
  return { kind: 'half', side: 'response', key, record };
}

/** The line's own id is unique over all batches; `custom_id` is not. */
function idOf(record: JsonObject): JsonObject {
  return typeof record.id === 'string' ? { id: record.id } : {};
}
