import { RightsizeError } from '../errors.ts';
import { type ChatRequest, isJsonObject, type JsonObject } from '../records/call.ts';

/** A body that is no chat request, and which field of it. */
export class InvalidRequest extends RightsizeError {
  readonly param: string | null;

  constructor(message: string, param: string | null) {
    super('invalid_request', message);
    this.param = param;
  }
}

/**
 * Reads no more of the body than the way through the gateway needs; everything else is the upstream's to judge.
 * Throws InvalidRequest.
 */
export function readChatRequest(body: Buffer): ChatRequest {
  const request = readJsonObject(body);
  if (typeof request.model !== 'string' || request.model === '')
    throw new InvalidRequest('`model` is missing or no text.', 'model');
  if (!isChatRequest(request)) throw new InvalidRequest('`messages` is no list of messages with a role.', 'messages');
  if (request.stream !== undefined && request.stream !== null && typeof request.stream !== 'boolean')
    throw new InvalidRequest('`stream` is neither true nor false.', 'stream');
  return request;
}

/** Throws InvalidRequest. */
export function readJsonObject(body: Buffer): JsonObject {
  const value = parse(body);
  if (!isJsonObject(value)) throw new InvalidRequest('The body is no JSON object.', null);
  return value;
}

function isChatRequest(request: object): request is ChatRequest {
  return (
    'messages' in request &&
    Array.isArray(request.messages) &&
    request.messages.length > 0 &&
    request.messages.every((message: unknown) => isJsonObject(message) && typeof message.role === 'string')
  );
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidRequest(`The body is no JSON: ${why}.`, null);
  }
}
