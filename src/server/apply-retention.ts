import type { GatewayLog } from '../gateway/gateway.ts';
import type { Settings } from '../settings.ts';
import type { RetentionRule } from '../storage/call-store.ts';
import type { Store } from '../storage/store.ts';

const dayMs = 86_400_000;

/** What retention reads and removes. */
export interface RetainedStore {
  readonly calls: Pick<Store['calls'], 'remove'>;
  readonly tasks: Pick<Store['tasks'], 'list'>;
}

/** Deletes the calls that are older or more than the settings allow, and tells each limit by which some went. Returns how many. */
export async function applyRetention(
  { calls, tasks }: RetainedStore,
  retention: Settings['retention'],
  now: number,
  onRemoved: (rule: RetentionRule) => Promise<void> = async () => {},
): Promise<number> {
  const found = Object.keys(retention.tasks).length === 0 ? [] : await tasks.list();
  let removed = 0;
  for (const rule of retentionRules(retention, found, now)) {
    const { calls: gone } = await calls.remove(rule);
    removed += gone;
    if (gone > 0) await onRemoved(rule);
  }
  return removed;
}

/** One rule for each limit that is set; a call goes by the shortest that holds for it. */
function retentionRules(
  { days, bytes, tenants, tasks }: Settings['retention'],
  found: readonly { readonly id: string; readonly name: string; readonly tenant: string }[],
  now: number,
): readonly RetentionRule[] {
  const before = (age: number): number => now - age * dayMs;
  return [
    ...(days === null ? [] : [{ olderThan: before(days) }]),
    ...Object.entries(tenants).map(([tenant, age]) => ({ olderThan: before(age), tenant })),
    ...Object.entries(tasks).flatMap(([wanted, age]) =>
      found
        .filter(({ name, tenant }) => name === wanted || `${tenant}/${name}` === wanted)
        .map(({ id: task }) => ({ olderThan: before(age), task })),
    ),
    ...(bytes === null ? [] : [{ largerThanBytes: bytes }]),
  ];
}

export interface RetentionParts {
  readonly store: RetainedStore;
  readonly retention: Settings['retention'];
  readonly log: GatewayLog;
  /** Forgets what was learned from calls that are gone: at the first, and then once a day for each limit, for it reads the calls that are left. */
  readonly forget?: (rule: RetentionRule) => Promise<void>;
  /** 3,600,000 by default. */
  readonly everyMs?: number;
}

/** Applies it now and every hour. Returns what stops it, once a run under way has ended. */
export function keepRetention({
  store,
  retention,
  log,
  forget = async () => {},
  everyMs = 3_600_000,
}: RetentionParts): () => Promise<void> {
  if (!isLimited(retention)) return async () => {};
  let running: Promise<unknown> = Promise.resolve();
  const forgottenAt = new Map<string, number>();
  const forgetDaily = async (rule: RetentionRule): Promise<void> => {
    const limit = JSON.stringify({ ...rule, olderThan: undefined });
    if (Date.now() - (forgottenAt.get(limit) ?? 0) < dayMs) return;
    forgottenAt.set(limit, Date.now());
    await forget(rule);
  };
  const run = () => {
    running = running
      .then(() => applyRetention(store, retention, Date.now(), forgetDaily))
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

function isLimited({ days, bytes, tenants, tasks }: Settings['retention']): boolean {
  return days !== null || bytes !== null || Object.keys(tenants).length + Object.keys(tasks).length > 0;
}
