import { RightsizeError } from '../errors.ts';
import type { Resource } from '../records/limits.ts';
import type { LimitUse, Meter, Moment } from './meter.ts';

type LimitHeaders = Readonly<Record<string, string>>;

const none: LimitHeaders = {};
/** The official clients wait by themselves no longer than this. */
const longestRetryMs = 60_000;

/** `x-ratelimit-…` as OpenAI writes them, of the limits that leave least; nothing where nothing is limited. */
export function limitHeaders(meters: readonly Meter[], moment: Moment): LimitHeaders {
  const requests = tightest(meters, 'requests', moment);
  const tokens = tightest(meters, 'tokens', moment);
  if (requests === null && tokens === null) return none;
  return { ...(requests && headersOf(requests)), ...(tokens && headersOf(tokens)) };
}

/** Throws what a caller is told who has nothing left. */
export function refuseExhausted(meter: Meter, moment: Moment): void {
  const exhausted = meter.exhausted(moment);
  if (exhausted === null) return;
  const { subject, resource, span, most, waitMs } = exhausted;
  const who = `${subject.kind} \`${subject.name}\``;
  const isMoney = resource === 'usd';
  const limit = isMoney ? `budget of $${most} per ${span}` : `limit of ${most} ${resource} per ${span}`;
  throw new RightsizeError(
    isMoney ? 'insufficient_quota' : 'rate_limit_exceeded',
    `The ${who} has reached its ${limit}; the next request is let in after ${duration(waitMs)}.`,
    {
      headers: {
        ...(isMoney ? none : headersOf(exhausted)),
        'retry-after': String(Math.ceil(waitMs / 1_000)),
        ...(isMoney || waitMs > longestRetryMs ? { 'x-should-retry': 'false' } : {}),
      },
    },
  );
}

function tightest(meters: readonly Meter[], resource: Resource, moment: Moment): LimitUse | null {
  let found: LimitUse | null = null;
  for (const meter of meters) {
    const use = meter.tightest(resource, moment);
    if (use !== null && (found === null || use.most - use.taken < found.most - found.taken)) found = use;
  }
  return found;
}

function headersOf({ resource, most, taken, resetMs }: LimitUse): LimitHeaders {
  return {
    [`x-ratelimit-limit-${resource}`]: String(most),
    [`x-ratelimit-remaining-${resource}`]: String(Math.max(0, Math.floor(most - taken))),
    [`x-ratelimit-reset-${resource}`]: duration(resetMs),
  };
}

/** As OpenAI writes them: `120ms`, `1.5s`, `6m0s`, `23h59m0s`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.ceil(ms)}ms`;
  if (ms < 60_000) return `${Math.ceil(ms / 100) / 10}s`;
  const seconds = Math.ceil(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  return `${hours > 0 ? `${hours}h` : ''}${minutes}m${seconds % 60}s`;
}
