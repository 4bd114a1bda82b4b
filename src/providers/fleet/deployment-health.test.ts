import { describe, expect, it } from 'vitest';
import {
  answered,
  asked,
  availableAt,
  cooling,
  type DeploymentHealth,
  failed,
  healthy,
  mayBeAsked,
  released,
  stateOf,
} from './deployment-health.ts';

const breaker = { failures: 5, openMs: 1_000 };

function afterFailures(times: number, health: DeploymentHealth = healthy, now = 0): DeploymentHealth {
  return Array.from({ length: times }).reduce<DeploymentHealth>((state) => failed(state, now, breaker), health);
}

describe('the health of a deployment', () => {
  it('R12: five failures in a row open the breaker, and four do not', () => {
    expect(stateOf(afterFailures(4), 0)).toBe('closed');
    expect(stateOf(afterFailures(5), 0)).toBe('open');
    expect(mayBeAsked(afterFailures(5), 999)).toBe(false);
  });

  it('R12: an answer in between starts the count anew', () => {
    expect(stateOf(afterFailures(4, answered(afterFailures(4))), 0)).toBe('closed');
  });

  it('R12: half-open lets one call through; its answer closes the breaker, its failure opens it again', () => {
    const open = afterFailures(5);
    expect(stateOf(open, 1_000)).toBe('half-open');
    expect(mayBeAsked(open, 1_000)).toBe(true);
    const probing = asked(open);
    expect(mayBeAsked(probing, 1_000)).toBe(false);
    expect(stateOf(answered(probing), 1_000)).toBe('closed');
    const reopened = failed(probing, 1_000, breaker);
    expect(stateOf(reopened, 1_999)).toBe('open');
    expect(mayBeAsked(reopened, 2_000)).toBe(true);
  });

  it('R12: a caller who hangs up during the try leaves it to the next one', () => {
    expect(mayBeAsked(released(asked(afterFailures(5))), 1_000)).toBe(true);
  });

  it('R12: a rest that was asked for is no failure', () => {
    const resting = Array.from({ length: 9 }).reduce<DeploymentHealth>((state) => cooling(state, 500), healthy);
    expect(stateOf(resting, 499)).toBe('cooling');
    expect(stateOf(resting, 500)).toBe('closed');
  });

  it('keeps the longest rest that was asked for', () => {
    expect(availableAt(cooling(cooling(healthy, 900), 300))).toBe(900);
  });
});
