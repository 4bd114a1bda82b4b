import type { Settings } from '../settings.ts';
import type { IncomingCall } from './engine.ts';

/** What is kept of a call: all of it, what it cost and how it ended, or nothing. */
export type Keeping = 'content' | 'figures' | 'nothing';

/** What the settings keep of a call. Only calls kept whole are learned from and answered by students. */
export function capturePolicy(capture: Settings['capture']): (call: Pick<IncomingCall, 'tenant' | 'task'>) => Keeping {
  return ({ tenant }) =>
    (Object.hasOwn(capture.tenants, tenant) ? capture.tenants[tenant] : undefined) ?? capture.default;
}
