export interface RetryQuestion {
  /** 1 for the first retry. */
  readonly retry: number;
  readonly baseMs: number;
  readonly longestWaitMs: number;
  /** Time until which the upstream asked to be left alone, from now; 0 where it did not. */
  readonly askedMs: number;
  /** From 0 to 1. */
  readonly draw: number;
}

/** Two to this power is more than any pause; further doubling would overflow into nonsense. */
const mostDoublings = 30;

/**
 * Milliseconds to wait before a retry, at least 1: exponential with full jitter, so that calls which failed together do not
 * come back together. What the upstream asked for is waited out in full, and the jitter comes on top. Null where it asked
 * for more than `longestWaitMs`.
 */
export function retryDelay({ retry, baseMs, longestWaitMs, askedMs, draw }: RetryQuestion): number | null {
  if (askedMs > longestWaitMs) return null;
  const most = Math.min(longestWaitMs, baseMs * 2 ** Math.min(Math.max(retry - 1, 0), mostDoublings));
  const jitter = Math.max(1, Math.ceil(draw * most));
  return askedMs > 0 ? Math.ceil(askedMs) + Math.min(jitter, baseMs) : jitter;
}
