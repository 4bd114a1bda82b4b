import { describe, expect, it } from 'vitest';
import { createRetryBudget } from './retry-budget.ts';

function takes(budget: ReturnType<typeof createRetryBudget>, at: number): number {
  let taken = 0;
  while (budget.take(at)) taken++;
  return taken;
}

describe('the retry budget', () => {
  it('R5: adds at most a fifth to a thousand calls', () => {
    const budget = createRetryBudget();
    for (let call = 0; call < 1_000; call++) budget.count(1_000);
    expect(takes(budget, 1_500)).toBe(200);
    expect(takes(budget, 5_000)).toBe(0);
  });

  it('lets a quiet deployment retry all the same', () => {
    const budget = createRetryBudget();
    budget.count(0);
    expect(takes(budget, 0)).toBe(10);
  });

  it('forgets what is long past, and calls do not count for ever', () => {
    const budget = createRetryBudget();
    for (let call = 0; call < 1_000; call++) budget.count(0);
    takes(budget, 0);
    expect(takes(budget, 60_000)).toBe(10);
  });

  it('R29: goes on when the clock is set back', () => {
    const budget = createRetryBudget();
    budget.count(3_600_000);
    takes(budget, 3_600_000);
    budget.count(0);
    expect(budget.take(0)).toBe(true);
  });
});
