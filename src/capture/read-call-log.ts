import { createHash } from 'node:crypto';
import { RightsizeError } from '../errors.ts';
import type { Call, JsonObject } from '../records/call.ts';
import type { LogFormat } from './formats/log-format.ts';
import { logFormats } from './formats/log-formats.ts';
import { type LogScratch, openLogScratch } from './log-scratch.ts';
import { findLogFile, type LogFile, openLogFile } from './open-log-file.ts';
import { type CallDraft, isObject, parseCall } from './parse-call.ts';
import { recordLimit, splitRecords } from './split-records.ts';

/** A line that is no call, or not a whole one. It is passed over. */
export interface BadLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly reason: string;
}

export interface ReadOptions {
  readonly onBadLine?: (bad: BadLine) => void;
  /** Bytes of all files read so far, and their sum. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Of calls that name none. */
  readonly tenant?: string;
  /** Aborted: reading ends with an `AbortError`, also while it waits for a pipe. */
  readonly signal?: AbortSignal;
}

/**
 * Reads call logs: our own, OpenAI's batch files, LiteLLM's and Langfuse's exports, one JSON object a line or one list,
 * plain or compressed, each recognised by its content. Memory does not grow with the files.
 *
 * Calls come in the order of the lines; halves of a call when the second one is met. A call without an id gets a hash of
 * its content and of how often that came in the file, so the same file gives the same ids; one without a time gets
 * a millisecond more than the call before it, the first of a file the time at which the file was written.
 *
 * Throws `file_not_found`; `empty_log` when there is nothing in the files; `unreadable_log` when nothing in them is a call,
 * or when a file breaks off, after all that stands before.
 */
export async function* readCallLog(files: string | readonly string[], options: ReadOptions = {}): AsyncIterable<Call> {
  const names = typeof files === 'string' ? [files] : files;
  const logs: LogFile[] = [];
  for (const name of names) logs.push(await findLogFile(name));
  const reader = new LogReader(options, await openLogScratch());
  try {
    const total = logs.reduce((bytes, { size }) => bytes + size, 0);
    let done = 0;
    for (const log of logs) {
      yield* reader.read(log, (bytes) => options.onProgress?.(done + bytes, total));
      done += log.size;
    }
    options.onProgress?.(total, total);
    reader.finish(names);
  } finally {
    reader.close();
  }
}

/** Records between two reports of progress. */
const reportEvery = 256;

class LogReader {
  readonly #options: ReadOptions;
  readonly #scratch: LogScratch;
  #firstBad: BadLine | null = null;
  #records = 0;
  #calls = 0;
  #at = 0;

  constructor(options: ReadOptions, scratch: LogScratch) {
    this.#options = options;
    this.#scratch = scratch;
  }

  async *read({ file, writtenAt }: LogFile, report: (bytes: number) => void): AsyncIterable<Call> {
    this.#scratch.startFile();
    this.#at = writtenAt - 1;
    const log = await openLogFile(file, this.#options.signal);
    let line = 0;
    try {
      for await (const record of splitRecords(log.chunks)) {
        line = record.line;
        this.#records++;
        if (this.#records % reportEvery === 0) report(log.bytesRead());
        const place = { file, line };
        if (record.text === null) this.#bad(place, `is longer than ${recordLimit / 1024 / 1024} MB`);
        else yield* this.#callsIn(record.text, place);
      }
    } catch (error) {
      throw brokenOff({ file, line, byte: log.bytesRead(), error });
    }
  }

  /** Judges the whole: what waits for its other half, and whether there was anything at all. */
  finish(files: readonly string[]): void {
    for (const { side, key, file, line } of this.#scratch.leftOver()) {
      const other = side === 'request' ? 'output' : 'input';
      this.#bad({ file, line }, `no ${other} line has \`custom_id\` "${key}"; give both files of the batch`);
    }
    const names = files.map((file) => `\`${file}\``).join(', ');
    if (this.#records === 0) throw new RightsizeError('empty_log', `${names} holds no calls.`);
    if (this.#calls > 0) return;
    const first = this.#firstBad ? ` Line ${this.#firstBad.line}: ${this.#firstBad.reason}.` : '';
    throw new RightsizeError('unreadable_log', `Nothing in ${names} is a chat completion.${first}`);
  }

  close(): void {
    this.#scratch.close();
  }

  *#callsIn(text: string, place: Place): Iterable<Call> {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      return this.#bad(place, `is not JSON (${(error as Error).message})`);
    }
    if (!isObject(value)) return this.#bad(place, 'is not a JSON object');
    for (const record of unwrapped(value)) {
      const call = this.#callFrom(record, place);
      if (call) yield call;
    }
  }

  #callFrom(record: JsonObject, place: Place): Call | null {
    const format = formatOf(record);
    if (!format) return this.#bad(place, unknownFormat(record));
    const translation = format.translate(record);
    switch (translation.kind) {
      case 'other':
        return null;
      case 'bad':
        return this.#bad(place, translation.reason);
      case 'call':
        return this.#finished(translation.record, place);
      case 'half': {
        const other = this.#scratch.join({ ...translation, ...place });
        return other && this.#finished({ ...other.record, ...translation.record }, place);
      }
    }
  }

  #finished(record: JsonObject, place: Place): Call | null {
    const parsed = parseCall(record);
    if (!parsed.ok) return this.#bad(place, parsed.reason);
    const { draft } = parsed;
    this.#at = draft.at ?? this.#at + 1;
    this.#calls++;
    return {
      ...draft,
      id: draft.id ?? this.#hashOf(draft),
      at: this.#at,
      tenant: draft.tenant ?? this.#options.tenant ?? 'default',
    };
  }

  #hashOf(draft: CallDraft): string {
    const content = createHash('sha256').update(JSON.stringify(draft)).digest('base64url').slice(0, 22);
    const times = this.#scratch.occurrence(content);
    return times === 1 ? `call_${content}` : `call_${content}_${times}`;
  }

  #bad(place: Place, reason: string): null {
    const bad = { ...place, reason };
    this.#firstBad ??= bad;
    this.#options.onBadLine?.(bad);
    return null;
  }
}

interface Place {
  readonly file: string;
  readonly line: number;
}

function formatOf(record: JsonObject): LogFormat | undefined {
  return logFormats.find((format) => format.recognises(record));
}

/** A page of an API holds its records in `data`. */
function unwrapped(value: JsonObject): readonly JsonObject[] {
  const { data } = value;
  return Array.isArray(data) && data.length > 0 && data.every(isObject) && !formatOf(value) ? data : [value];
}

function unknownFormat(record: JsonObject): string {
  const keys = Object.keys(record).slice(0, 5).join(', ');
  return `is of no known format (its fields: ${keys || 'none'}); a call needs \`request\` and \`response\``;
}

function brokenOff(at: {
  readonly file: string;
  readonly line: number;
  readonly byte: number;
  readonly error: unknown;
}): unknown {
  const { file, line, byte, error } = at;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!/^(Z_|ERR_ZLIB|ZSTD|ERR_ZSTD|E[A-Z]+$)/.test(code)) return error;
  return new RightsizeError(
    'unreadable_log',
    `\`${file}\` breaks off after line ${line}, at byte ${byte} (${(error as Error).message}). Everything before was read.`,
    { cause: error },
  );
}
