import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Transform } from 'node:stream';
import { finished } from 'node:stream/promises';
import zlib from 'node:zlib';
import { RightsizeError } from '../errors.ts';

export interface LogFile {
  readonly file: string;
  /** Bytes, compressed or not; 0 for a pipe. */
  readonly size: number;
  /** When it was last written; milliseconds since 1970, UTC. */
  readonly writtenAt: number;
}

/** A log file on its way in: its bytes without compression, and how far the file itself has been read. */
export interface OpenedLog {
  readonly chunks: AsyncIterable<Buffer>;
  bytesRead(): number;
}

/** Looks at a log without opening it. Throws `file_not_found`, or `unreadable_log` for a folder. */
export async function findLogFile(file: string): Promise<LogFile> {
  const found = await stat(file).catch((error: Error) => {
    throw new RightsizeError('file_not_found', `\`${file}\` cannot be read (${error.message})`, { cause: error });
  });
  if (found.isDirectory()) throw unreadable(file, 'is a folder', 'Name the files in it.');
  return { file, size: found.size, writtenAt: Math.floor(found.mtimeMs) };
}

/** Opens a log, plain, gzip or zstd, told apart by its first bytes. Throws `file_not_found` or `unreadable_log`. */
export async function openLogFile(file: string, signal?: AbortSignal): Promise<OpenedLog> {
  const source = createReadStream(file, { highWaterMark: 1 << 16, ...(signal ? { signal } : {}) });
  const parts: AsyncIterator<Buffer> = source[Symbol.asyncIterator]();
  const { value: head, done } = await parts.next().catch((error: Error) => {
    if (signal?.aborted) throw error;
    throw new RightsizeError('file_not_found', `\`${file}\` cannot be read (${error.message})`, { cause: error });
  });
  const chunks = done ? noChunks() : rejoined(head, parts);
  const decompressor = done ? null : decompressorFor(file, head);
  return { chunks: decompressor ? decompressed(chunks, decompressor) : chunks, bytesRead: () => source.bytesRead };
}

async function* noChunks(): AsyncIterable<Buffer> {
  // An empty file has none.
}

async function* rejoined(head: Buffer, rest: AsyncIterator<Buffer>): AsyncIterable<Buffer> {
  try {
    yield head;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** Yields all that can be decompressed, then throws what ended it: of a cut file everything before the cut is kept. */
async function* decompressed(source: AsyncIterable<Buffer>, decompressor: Transform): AsyncIterable<Buffer> {
  // Reading a stream that fails loses what it still holds, so each piece is taken out before the next goes in.
  const ready: Buffer[] = [];
  decompressor.on('data', (part: Buffer) => ready.push(part));
  let failure: unknown;
  try {
    for await (const chunk of source) {
      await written(decompressor, chunk);
      yield* ready.splice(0);
    }
    decompressor.end();
    await finished(decompressor);
  } catch (error) {
    failure = error;
  } finally {
    decompressor.destroy();
  }
  yield* ready;
  if (failure !== undefined) throw failure;
}

function written(stream: Transform, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.write(chunk, (error) => {
      stream.off('error', reject);
      if (error) reject(error);
      else resolve();
    });
  });
}

function decompressorFor(file: string, head: Buffer): Transform | null {
  const [first, second] = head;
  if (first === 0xff && second === 0xfe) throw unreadable(file, 'is UTF-16 text', 'Save it as UTF-8.');
  if (first === 0x1f && second === 0x8b) return zlib.createGunzip();
  if (head.length < 4 || head.readUInt32LE(0) !== 0xfd2fb528) return null;
  if (typeof zlib.createZstdDecompress === 'function') return zlib.createZstdDecompress();
  throw unreadable(file, 'is compressed with zstd', 'Use Node 22.15 or later, or run `zstd -d` on it first.');
}

function unreadable(file: string, what: string, remedy: string): RightsizeError {
  return new RightsizeError('unreadable_log', `\`${file}\` ${what}.`, { remedy });
}
