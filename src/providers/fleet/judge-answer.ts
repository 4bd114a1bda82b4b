import * as zlib from 'node:zlib';
import type { Headers } from '../provider.ts';

/**
 * What an answer's status means for the deployment that gave it. `final`: it goes to the caller. `limited`: the key is at
 * its limit. `exhausted`: the account is, and waiting does not help. `busy`: try again, it is nobody's fault. `failed`: it
 * is the upstream's.
 */
export type Verdict = 'final' | 'limited' | 'exhausted' | 'busy' | 'failed';

/** Judges by the status alone; a 429 may turn out `exhausted` by what stands in its body. */
export function judgeStatus(status: number, headers: Headers): Verdict {
  if (status === 429) return headers['x-should-retry'] === 'false' ? 'exhausted' : 'limited';
  if (status >= 500) return 'failed';
  return status === 408 || status === 409 ? 'busy' : 'final';
}

/** Whether an error body says that the account's money is spent, which no retry mends. */
export function saysQuotaIsSpent(body: Buffer, headers: Headers): boolean {
  const text = unpacked(body, String(headers['content-encoding'] ?? 'identity'));
  return /insufficient_quota|billing_hard_limit_reached/.test(text);
}

const unpackers: Readonly<Record<string, (body: Buffer, options: zlib.ZlibOptions) => Buffer>> = {
  gzip: zlib.gunzipSync,
  deflate: zlib.inflateSync,
  br: zlib.brotliDecompressSync as (body: Buffer, options: zlib.BrotliOptions) => Buffer,
};

function unpacked(body: Buffer, encoding: string): string {
  try {
    const unpack = unpackers[encoding];
    return (unpack === undefined ? body : unpack(body, { maxOutputLength: 1 << 20 })).toString('utf8');
  } catch {
    return '';
  }
}
