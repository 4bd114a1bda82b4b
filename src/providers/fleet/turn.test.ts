import { describe, expect, it } from 'vitest';
import { healthy, stateOf } from './deployment-health.ts';
import type { Deployment } from './fleet-parts.ts';
import { createRetryBudget } from './retry-budget.ts';
import { Turn } from './turn.ts';

function deployment(change: Partial<Deployment> = {}): Deployment {
  const provider = { name: 'p', send: () => Promise.reject(new Error('unused')), close: async () => {} };
  return {
    name: 'a/m',
    upstream: 'a',
    model: 'm',
    provider,
    price: null,
    breaker: { failures: 2, openMs: 1_000 },
    budget: createRetryBudget(),
    firstByteTimeoutMs: 1_000,
    onBreaker: () => {},
    supports: () => true,
    health: healthy,
    inFlight: 0,
    ...change,
  };
}

function fail(target: Deployment, now: number): void {
  const turn = new Turn(target);
  turn.fail(now);
  turn.end();
}

describe('a turn at a deployment', () => {
  it('R12: that began before the breaker opened neither closes it nor keeps it open longer', () => {
    const target = deployment();
    const early = [new Turn(target), new Turn(target)];
    fail(target, 0);
    fail(target, 0);
    early[0]?.succeed();
    expect(stateOf(target.health, 500)).toBe('open');
    early[1]?.fail(900);
    expect(stateOf(target.health, 1_000)).toBe('half-open');
  });

  it('R12: that ends while another tries the breaker leaves the trying to that one', () => {
    const target = deployment();
    const early = new Turn(target);
    fail(target, 0);
    fail(target, 0);
    const trying = new Turn(target);
    early.end();
    expect(target.health.isProbing).toBe(true);
    trying.end();
    expect(target.health.isProbing).toBe(false);
  });

  it('R12: an upstream that breaks off every stream behind its first byte opens the breaker too', () => {
    const target = deployment();
    for (let stream = 0; stream < 2; stream++) {
      const turn = new Turn(target);
      turn.begin();
      turn.fail(0);
      turn.end();
    }
    expect(stateOf(target.health, 0)).toBe('open');
  });

  it('R12: tells once that the breaker opened, and once that it closed', () => {
    const told: boolean[] = [];
    const target = deployment({ onBreaker: (isOpen) => told.push(isOpen) });
    for (let call = 0; call < 4; call++) fail(target, 0);
    const trying = new Turn(target);
    trying.begin();
    trying.succeed();
    trying.end();
    expect(told).toEqual([true, false]);
  });

  it('R21: is counted once, however often it ends', () => {
    const target = deployment();
    const turn = new Turn(target);
    expect(target.inFlight).toBe(1);
    turn.end();
    turn.end();
    expect(target.inFlight).toBe(0);
  });

  it('teaches nothing of a deployment without a breaker', () => {
    const target = deployment({ breaker: null });
    const turn = new Turn(target);
    turn.fail(0);
    turn.rest(99_999);
    turn.end();
    expect(target.health).toEqual(healthy);
  });
});
