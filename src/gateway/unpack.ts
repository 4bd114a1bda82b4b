import * as zlib from 'node:zlib';
import type { Headers } from '../providers/provider.ts';

/** What an answer may unpack to, as a guard against bombs. */
const largestUnpackedBytes = 16 * 1024 * 1024;

/** How an answer is packed; 'identity' where it is not. */
export function encodingOf(headers: Headers): string {
  return (
    String(headers['content-encoding'] ?? '')
      .trim()
      .toLowerCase() || 'identity'
  );
}

/** The bytes as they were before they were packed. */
export function unpack(bytes: Buffer, encoding: string): Buffer | 'unknown-encoding' | 'damaged' {
  const how = unpackers[encoding];
  if (how === undefined) return 'unknown-encoding';
  try {
    return how(bytes, { maxOutputLength: largestUnpackedBytes });
  } catch {
    return 'damaged';
  }
}

type Unpacker = (bytes: Buffer, limit: { readonly maxOutputLength: number }) => Buffer;

const unpackers: Readonly<Record<string, Unpacker | undefined>> = {
  identity: (bytes) => bytes,
  gzip: zlib.gunzipSync,
  'x-gzip': zlib.gunzipSync,
  deflate: (bytes, limit) => (isRawDeflate(bytes) ? zlib.inflateRawSync(bytes, limit) : zlib.inflateSync(bytes, limit)),
  br: zlib.brotliDecompressSync,
  // Node has it from 22.15 on.
  zstd: 'zstdDecompressSync' in zlib ? (bytes, limit) => zlib.zstdDecompressSync(bytes, limit) : undefined,
};

/** Some servers leave out the two bytes that the standard wants in front. */
function isRawDeflate(bytes: Buffer): boolean {
  return ((bytes[0] ?? 0) & 0x0f) !== 8;
}

/** A stream that unpacks what is piped through it, piece by piece; null where this runtime knows no such encoding. */
export function unpackStream(encoding: string): NodeJS.ReadWriteStream | null {
  const flush = { flush: zlib.constants.Z_SYNC_FLUSH, finishFlush: zlib.constants.Z_SYNC_FLUSH };
  const brotli = { flush: zlib.constants.BROTLI_OPERATION_FLUSH, finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH };
  if (encoding === 'gzip' || encoding === 'x-gzip') return zlib.createGunzip(flush);
  if (encoding === 'deflate') return zlib.createInflate(flush);
  if (encoding === 'br') return zlib.createBrotliDecompress(brotli);
  if (encoding === 'zstd' && 'createZstdDecompress' in zlib) return zlib.createZstdDecompress();
  return null;
}

/** Whether a caller can read an encoding, by its `accept-encoding`; without that header only bytes as they are. */
export function accepts(acceptEncoding: string | readonly string[] | undefined, encoding: string): boolean {
  if (encoding === 'identity') return true;
  return String(acceptEncoding ?? '')
    .toLowerCase()
    .split(',')
    .some((offer) => {
      const [name = '', ...parameters] = offer.split(';').map((part) => part.trim());
      return (name === encoding || name === '*') && !parameters.some((each) => /^q=0(\.0*)?$/.test(each));
    });
}
