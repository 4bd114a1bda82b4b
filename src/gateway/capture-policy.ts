import type { Settings } from '../settings.ts';
import type { IncomingCall } from './engine.ts';

/** What is kept of a call: all of it, what it cost and how it ended, or nothing. */
export type Keeping = 'content' | 'figures' | 'nothing';

/** What the settings keep of a call. `taskName` is the name that matching found; null before, and where it found none. */
export type CapturePolicy = (call: Pick<IncomingCall, 'tenant' | 'task'>, taskName?: string | null) => Keeping;

const mostPrivateFirst: readonly Keeping[] = ['nothing', 'figures', 'content'];

/**
 * Of all that is said of the call's tenant and of its task, by either name of it, the most private holds; the default
 * only where nothing is said. Only calls kept whole are learned from and answered by students.
 */
export function capturePolicy(capture: Settings['capture']): CapturePolicy {
  const tenants = new Map(Object.entries(capture.tenants));
  const tasks = new Map(Object.entries(capture.tasks));
  if (tenants.size + tasks.size === 0) return () => capture.default;
  return ({ tenant, task }, taskName = null) => {
    const said = new Set([tenants.get(tenant)]);
    for (const name of tasks.size === 0 ? [] : [task, taskName]) {
      if (name === null) continue;
      said.add(tasks.get(name));
      said.add(tasks.get(`${tenant}/${name}`));
    }
    return mostPrivateFirst.find((keeping) => said.has(keeping)) ?? capture.default;
  };
}
