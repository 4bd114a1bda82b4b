import { describe, expect, it } from 'vitest';
import { cooling, failed, healthy } from './deployment-health.ts';
import { nextStep, type Prospect } from './next-step.ts';

const now = 1_000;

function prospect(name: string, change: Partial<Prospect> = {}) {
  const fresh = {
    weight: 1,
    priority: 1,
    inFlight: 0,
    health: healthy,
    wasAsked: false,
    notBefore: 0,
    mayRepeat: true,
  };
  return { name, ...fresh, ...change };
}

function step(prospects: readonly ReturnType<typeof prospect>[], change: { retry?: number; leftMs?: number } = {}) {
  const route = { choice: 'weighted', retries: 1, retryBaseMs: 100, longestWaitMs: 5_000 } as const;
  const found = nextStep({ route, retry: 1, prospects, now, leftMs: 60_000, draw: 0.5, ...change });
  return found && [found.ask.name, found.afterMs, found.isRetry];
}

const asked = { wasAsked: true };

describe('whom a call asks next', () => {
  it('is at once one that it has not asked', () => {
    expect(step([prospect('a', asked), prospect('b')])).toEqual(['b', 0, false]);
  });

  it('is, when all were asked, one of them again after a pause, as often as there are retries', () => {
    expect(step([prospect('a', asked)])).toEqual(['a', 50, true]);
    expect(step([prospect('a', asked)], { retry: 2 })).toBeNull();
  });

  it('is the one that is ready first, also where that is one which rested when the call came', () => {
    const resting = { health: cooling(healthy, now + 700) };
    expect(step([prospect('a', { ...asked, notBefore: now + 900 }), prospect('b', resting)])).toEqual(['b', 750, true]);
  });

  it('is nobody where all rest and none was asked, so that the caller is told at once', () => {
    expect(step([prospect('a', { health: cooling(healthy, now + 10) })])).toBeNull();
  });

  it('is nobody where the wait is too long, the breaker open, or the time of the call over', () => {
    expect(step([prospect('a', { ...asked, notBefore: now + 5_001 })])).toBeNull();
    const open = failed(healthy, now, { failures: 1, openMs: 10_000 });
    expect(step([prospect('a', { ...asked, health: open })])).toBeNull();
    expect(step([prospect('a', asked)], { leftMs: 50 })).toBeNull();
    expect(step([prospect('a')], { leftMs: 0 })).toBeNull();
  });

  it('is never one that says that asking again is of no use', () => {
    expect(step([prospect('a', { ...asked, mayRepeat: false })])).toBeNull();
  });
});
