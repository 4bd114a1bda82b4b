import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { RightsizeError } from '../../errors.ts';
import { isJsonObject, type JsonObject } from '../../records/call.ts';

/** One answer of a log. */
export interface RecordedAnswer {
  readonly request: JsonObject;
  readonly response: JsonObject;
  readonly status: number;
}

/**
 * The answers in a call log (one JSON object a line; `.gz` works too), in its order. Lines that hold none are passed
 * over. Throws `file_not_found`, `unreadable_log`.
 */
export async function* readRecording(file: string): AsyncGenerator<RecordedAnswer> {
  const raw = createReadStream(file);
  const bytes: Readable = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw;
  // Without this, an error of the file would not reach the reader of the unpacked bytes.
  if (bytes !== raw) raw.on('error', (error) => bytes.destroy(error));
  try {
    for await (const line of linesOf(bytes)) {
      const answer = readLine(line);
      if (answer !== null) yield answer;
    }
  } catch (cause) {
    throw unreadable(file, cause);
  } finally {
    raw.destroy();
  }
}

async function* linesOf(bytes: Readable): AsyncGenerator<string> {
  bytes.setEncoding('utf8');
  let rest = '';
  for await (const piece of bytes as AsyncIterable<string>) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  yield rest;
}

function unreadable(file: string, cause: unknown): RightsizeError {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
    return new RightsizeError('file_not_found', `There is no file \`${file}\`.`, { cause });
  const why = cause instanceof Error ? cause.message : String(cause);
  return new RightsizeError('unreadable_log', `\`${file}\` cannot be read to its end: ${why}.`, { cause });
}

function readLine(line: string): RecordedAnswer | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (!isJsonObject(value) || !isJsonObject(value.request) || !isJsonObject(value.response)) return null;
  return {
    request: value.request,
    response: value.response,
    status: typeof value.status === 'number' ? value.status : 200,
  };
}
