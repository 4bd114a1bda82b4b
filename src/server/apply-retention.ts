import type { GatewayLog } from '../gateway/gateway.ts';
import type { Settings } from '../settings.ts';
import type { CallStore } from '../storage/call-store.ts';

const dayMs = 86_400_000;

/** Deletes the calls that are older or more than the settings allow. Returns how many went. */
export async function applyRetention(
  calls: Pick<CallStore, 'remove'>,
  { days, bytes }: Settings['retention'],
  now: number,
): Promise<number> {
  const old = days === null ? null : await calls.remove({ olderThan: now - days * dayMs });
  const many = bytes === null ? null : await calls.remove({ largerThanBytes: bytes });
  return (old?.calls ?? 0) + (many?.calls ?? 0);
}

export interface RetentionParts {
  readonly calls: Pick<CallStore, 'remove'>;
  readonly retention: Settings['retention'];
  readonly log: GatewayLog;
  /** 3,600,000 by default. */
  readonly everyMs?: number;
}

/** Applies it now and every hour. Returns what stops it, once a run under way has ended. */
export function keepRetention({ calls, retention, log, everyMs = 3_600_000 }: RetentionParts): () => Promise<void> {
  if (retention.days === null && retention.bytes === null) return async () => {};
  let running: Promise<unknown> = Promise.resolve();
  const run = () => {
    running = running
      .then(() => applyRetention(calls, retention, Date.now()))
      .catch((err: unknown) => log.warn({ err }, 'old calls could not be deleted'));
  };
  run();
  const timer = setInterval(run, everyMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
