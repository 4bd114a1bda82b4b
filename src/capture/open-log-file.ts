import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { Transform } from 'node:stream';
import { finished } from 'node:stream/promises';
import zlib from 'node:zlib';
import { RightsizeError } from '../errors.ts';

/** A log file on its way in: its bytes without compression, and how far the file itself has been read. */
export interface OpenedLog {
  readonly chunks: AsyncIterable<Buffer>;
  /** Bytes of the file, compressed or not. */
  readonly size: number;
  /** When the file was last written; milliseconds since 1970, UTC. */
  readonly writtenAt: number;
  bytesRead(): number;
}

/** Opens a log, plain, gzip or zstd, told apart by its first bytes. Throws `file_not_found` or `unreadable_log`. */
export async function openLogFile(file: string): Promise<OpenedLog> {
  const { size, mtimeMs } = await statFile(file);
  const head = await readHead(file);
  if (head[0] === 0xff && head[1] === 0xfe) throw unreadable(file, 'is UTF-16 text', 'Save it as UTF-8.');
  const source = createReadStream(file, { highWaterMark: 1 << 16 });
  const decompressor = decompressorFor(file, head);
  const chunks = decompressor ? decompressed(source, decompressor) : source;
  return { chunks, size, writtenAt: Math.floor(mtimeMs), bytesRead: () => source.bytesRead };
}

/** Yields all that can be decompressed, then throws what ended it: of a cut file everything before the cut is kept. */
async function* decompressed(source: AsyncIterable<Buffer>, decompressor: Transform): AsyncIterable<Buffer> {
  // Reading a stream that fails loses what it still holds, so each piece is taken out before the next goes in.
  const ready: Buffer[] = [];
  decompressor.on('data', (part: Buffer) => ready.push(part));
  let failure: unknown;
  try {
    for await (const chunk of source) {
      await settled(decompressor, (done) => decompressor.write(chunk, done));
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

function settled(stream: Transform, start: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    start((error) => {
      stream.off('error', reject);
      if (error) reject(error);
      else resolve();
    });
  });
}

function decompressorFor(file: string, head: Buffer): Transform | null {
  if (head[0] === 0x1f && head[1] === 0x8b) return zlib.createGunzip();
  if (head.readUInt32LE(0) !== 0xfd2fb528) return null;
  if (typeof zlib.createZstdDecompress === 'function') return zlib.createZstdDecompress();
  throw unreadable(file, 'is compressed with zstd', 'Use Node 22.15 or later, or run `zstd -d` on it first.');
}

async function statFile(file: string): Promise<{ readonly size: number; readonly mtimeMs: number }> {
  try {
    const found = await stat(file);
    if (found.isDirectory()) throw unreadable(file, 'is a folder', 'Name the files in it.');
    return found;
  } catch (error) {
    if (error instanceof RightsizeError) throw error;
    throw new RightsizeError('file_not_found', `\`${file}\` cannot be read (${(error as Error).message})`, {
      cause: error,
    });
  }
}

async function readHead(file: string): Promise<Buffer> {
  const head = Buffer.alloc(4);
  const handle = await open(file).catch((error: Error) => {
    throw new RightsizeError('file_not_found', `\`${file}\` cannot be read (${error.message})`, { cause: error });
  });
  try {
    await handle.read(head, 0, 4, 0);
    return head;
  } finally {
    await handle.close();
  }
}

function unreadable(file: string, what: string, remedy: string): RightsizeError {
  return new RightsizeError('unreadable_log', `\`${file}\` ${what}.`, { remedy });
}
