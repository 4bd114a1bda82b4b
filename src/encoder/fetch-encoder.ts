import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RightsizeError } from '../errors.ts';
import type { EncoderFiles } from './examine-encoder.ts';
import { incomplete, modelPlaces, tokenizerPlaces } from './find-encoder-files.ts';

/** all-MiniLM-L6-v2, the quantised ONNX export: Apache-2.0, 384 dimensions. */
export const defaultEncoder = {
  address: 'https://huggingface.co/Xenova/all-MiniLM-L6-v2/resolve/main',
  megabytes: 24,
} as const;

export interface FetchOptions {
  readonly signal?: AbortSignal;
  /** `totalBytes` null where the other side does not tell. */
  readonly onProgress?: (doneBytes: number, totalBytes: number | null, file: string) => void;
}

/** A connection or an answer that takes longer has stalled. */
const silenceMs = 30_000;

/**
 * Downloads model and tokenizer of an address into two files; the caller removes them when this fails.
 * @throws RightsizeError `encoder_unreachable`, `encoder_incomplete`, `interrupted`.
 */
export async function fetchEncoder(address: string, files: EncoderFiles, options: FetchOptions = {}): Promise<void> {
  const base = filesOf(address);
  // The small file first: a wrong address shows before the large one is fetched.
  await fetchFirst(base, tokenizerPlaces, files.tokenizer, options);
  await fetchFirst(base, modelPlaces, files.model, options);
}

/** Throws `invalid_setting` for what is no address. The page of a model on the Hugging Face hub is no folder; its files stand behind `resolve/main`. */
function filesOf(address: string): string {
  if (!URL.canParse(address)) throw new RightsizeError('invalid_setting', `\`${address}\` is no address.`);
  const url = new URL(address);
  const path = url.pathname.replace(/\/+$/, '').replace(/\/tree\//, '/resolve/');
  const isPage = url.hostname === 'huggingface.co' && /^\/[^/]+\/[^/]+$/.test(path);
  return `${url.origin}${path}${isPage ? '/resolve/main' : ''}`;
}

/** `…/all-MiniLM-L6-v2/resolve/main` is called all-MiniLM-L6-v2. */
export function nameOfAddress(address: string): string {
  const parts = new URL(filesOf(address)).pathname.split('/').filter(Boolean);
  const resolved = parts.indexOf('resolve');
  return (resolved > 0 ? parts[resolved - 1] : parts.at(-1)) ?? new URL(address).hostname;
}

async function fetchFirst(base: string, places: readonly string[], file: string, options: FetchOptions): Promise<void> {
  for (const place of places) if (await fetchFile(`${base}/${place}`, place, file, options)) return;
  throw incomplete(base, places);
}

/** False where the other side has no such file. */
async function fetchFile(
  address: string,
  place: string,
  file: string,
  { signal, onProgress }: FetchOptions,
): Promise<boolean> {
  const stalled = new AbortController();
  const alarm = setTimeout(() => stalled.abort(new Error(`nothing came for ${silenceMs / 1000} seconds`)), silenceMs);
  try {
    const response = await fetch(address, { signal: AbortSignal.any([stalled.signal, ...(signal ? [signal] : [])]) });
    if (response.status === 404) {
      await response.body?.cancel();
      return false;
    }
    if (!response.ok || response.body === null) throw new Error(`the answer was ${response.status}`);
    const total = Number(response.headers.get('content-length') ?? Number.NaN);
    const isCounted = Number.isFinite(total) && response.headers.get('content-encoding') === null;
    let done = 0;
    const counter = new Transform({
      transform(chunk: Buffer, _encoding, next) {
        done += chunk.length;
        alarm.refresh();
        onProgress?.(done, isCounted ? total : null, place);
        next(null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(response.body), counter, createWriteStream(file));
    if (isCounted && done !== total) throw new Error(`${done} of ${total} bytes came`);
    return true;
  } catch (cause) {
    signal?.throwIfAborted();
    throw new RightsizeError('encoder_unreachable', `${address} cannot be fetched: ${reasonOf(cause)}.`, { cause });
  } finally {
    clearTimeout(alarm);
  }
}

/** `fetch failed` says nothing; what stands behind it does. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || ('code' in cause ? String(cause.code) : cause.name);
}
