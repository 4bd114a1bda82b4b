import { describe, expect, it } from 'vitest';
import { keywordCalls, keywordRows } from '../../test/keyword-stream.ts';
import { follow, startEngine } from '../../test/run-engine.ts';
import { callsNeeded } from '../certify/binomial-bounds.ts';
import { deltaOfLook } from '../certify/look-budget.ts';

describe('what a task can expect', () => {
  it('is a number of calls and a time, from its volume, while nothing is certified', async () => {
    const running = startEngine();
    await follow(running, keywordCalls(keywordRows({ count: 30, seed: 1 })));
    const [status] = running.engine.status();
    const needed = 60 - 30 + callsNeeded({ errors: 0, epsilon: 0.1, delta: deltaOfLook(0.05, 1) });
    expect(status?.outlook).toContain(`nothing can be certified yet: ${needed} more calls needed`);
    // Half an hour from call to call: the first training is 15 hours away, and a window lasts two days at the least.
    expect(status?.outlook).toMatch(/expected in 3 days at this volume/);
  });

  it('becomes what is left of the trial, and then says that it answers, or who must allow it', async () => {
    const running = startEngine();
    const calls = keywordCalls(keywordRows({ count: 420, seed: 1 }));
    let next = 0;
    while ((running.engine.toJSON().runners[0]?.tracks[0]?.trial?.sample.length ?? 0) < 5)
      await follow(running, calls.slice(next, ++next));
    const trial = running.engine.toJSON().runners[0]?.tracks[0]?.trial;
    const missing = (trial?.plan.n ?? 0) - (trial?.sample.length ?? 0);
    expect(running.engine.status()[0]?.outlook).toContain(`${missing} more calls needed`);
    await follow(running, calls.slice(next));
    expect(running.engine.status()[0]?.outlook).toBe('answering what it is sure of');
    running.engine.setStage(null, 'shadow');
    expect(running.engine.status()[0]?.outlook).toMatch(/^certified; waits for `rightsize stage .+ auto`$/);
  });
});
