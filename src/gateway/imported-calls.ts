import type { Call } from '../records/call.ts';
import type { Settings } from '../settings.ts';
import type { StoredCall } from '../storage/call-store.ts';
import { userOf, userReference } from '../storage/user-reference.ts';
import { CallPrivacy, PrivacyCounts } from './call-privacy.ts';

/** How calls of a log are kept by the settings: as those that go through the gateway. */
export function importedCalls(settings: Settings): {
  /** The call as it is kept; null where it is not. */
  readonly prepare: (call: Call) => StoredCall | null;
  /** What was redacted, and how often that failed. */
  readonly counts: PrivacyCounts;
} {
  const counts = new PrivacyCounts();
  const privacy = new CallPrivacy(settings, counts);
  return {
    counts,
    prepare(call) {
      const asked = privacy.prepare({ ...call, forceTeacher: true });
      if (asked.keeping === 'nothing') return null;
      const { request, task, tags } = asked.call;
      const finished = privacy.finish(asked, { ...call, request, task, tags }, asked.keeping);
      const user = finished.keeping === 'content' ? userOf(call.request) : null;
      return { call: finished.call, route: null, match: null, user: user === null ? null : userReference(user) };
    },
  };
}
