import { isJsonObject, type JsonObject } from '../records/call.ts';

/**
 * The same body, asking for the chunk with the usage of a stream: one field more in front, every other byte as it was.
 * Null where nothing is to be asked: no stream, or the caller says something of `stream_options` itself.
 */
export function askForUsage(body: Buffer, request: JsonObject): Buffer | null {
  if (request.stream !== true || 'stream_options' in request) return null;
  const behindBrace = body.indexOf('{') + 1;
  return Buffer.concat([
    body.subarray(0, behindBrace),
    Buffer.from('"stream_options":{"include_usage":true},'),
    body.subarray(behindBrace),
  ]);
}

/** Whether the caller itself wants the chunk with the usage. */
export function wantsUsage(request: JsonObject): boolean {
  return isJsonObject(request.stream_options) && request.stream_options.include_usage === true;
}
