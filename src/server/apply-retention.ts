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

/** Deletes the calls that are older or more than the settings allow. Returns how many went. */
export async function applyRetention(
  { calls, tasks }: RetainedStore,
  retention: Settings['retention'],
  now: number,
): Promise<number> {
  const found = Object.keys(retention.tasks).length === 0 ? [] : await tasks.list();
  let removed = 0;
  for (const rule of retentionRules(retention, found, now)) removed += (await calls.remove(rule)).calls;
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
  /** 3,600,000 by default. */
  readonly everyMs?: number;
}

/** Applies it now and every hour. Returns what stops it, once a run under way has ended. */
export function keepRetention({ store, retention, log, everyMs = 3_600_000 }: RetentionParts): () => Promise<void> {
  if (!isLimited(retention)) return async () => {};
  let running: Promise<unknown> = Promise.resolve();
  const run = () => {
    running = running
      .then(() => applyRetention(store, retention, Date.now()))
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
