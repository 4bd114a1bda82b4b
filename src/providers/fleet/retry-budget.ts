/** Keeps retries from doubling the load on an upstream that is in trouble already. */
export interface RetryBudget {
  /** A call is sent for the first time. */
  count(now: number): void;
  /** Whether one more may be sent again; takes it from the budget. */
  take(now: number): boolean;
}

const share = 0.2;
/** So many are free in each window, for a quiet deployment has no calls to take a share of. */
const free = 10;
const windowMs = 10_000;

/** Retries up to a fifth of the first attempts of the last ten to twenty seconds, or ten where that is more. */
export function createRetryBudget(): RetryBudget {
  let windowStart = 0;
  let now = { calls: 0, retries: 0 };
  let before = { calls: 0, retries: 0 };
  const turn = (at: number) => {
    if (at - windowStart < windowMs && at >= windowStart) return;
    before = at - windowStart < 2 * windowMs && at >= windowStart ? now : { calls: 0, retries: 0 };
    now = { calls: 0, retries: 0 };
    windowStart = at;
  };
  return {
    count(at) {
      turn(at);
      now.calls++;
    },
    take(at) {
      turn(at);
      const most = Math.max(free, share * (now.calls + before.calls));
      if (now.retries + before.retries + 1 > most) return false;
      now.retries++;
      return true;
    },
  };
}
