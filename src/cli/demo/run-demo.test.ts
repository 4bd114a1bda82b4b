import { describe, expect, it, vi } from 'vitest';
import { trainStudent } from '../../learn/train-student.ts';
import type { Trainer } from '../../train/trainer.ts';
import { createOutput } from '../output.ts';
import { type DemoReport, runDemo } from './run-demo.ts';
import { sayDemo } from './say-demo.ts';

// One run of the demo, learning included, serves all tests.
vi.setConfig({ testTimeout: 180_000 });

/** Trains here and now, so that the test needs no worker. */
const trainer: Trainer = {
  train: async ({ rows, seed }) => trainStudent(rows, { seed, head: 'linear' }),
  close: async () => {},
};

let shown: Promise<DemoReport> | undefined;
function demo(): Promise<DemoReport> {
  shown ??= runDemo({
    epsilon: 0.1,
    delta: 0.05,
    seed: 1,
    most: 3000,
    trainer,
    signal: new AbortController().signal,
    progress: () => ({ update: () => {}, end: () => {} }),
  });
  return shown;
}

describe('the demo', () => {
  it('finds its tasks, and says of each whose answers they are', async () => {
    const { tasks, replay } = await demo();
    expect(replay.calls).toBe(3000);
    expect(tasks.map(({ source }) => source?.prefix).sort()).toEqual(['banking77-', 'goemo-', 'headlines-', 'snips-']);
  });

  it('certifies something, measures it on calls that came later, and lets it answer', async () => {
    const { tasks, replay } = await demo();
    const certified = tasks.filter((task) => task.certificate !== null);
    expect(certified.length).toBeGreaterThan(0);
    for (const { certificate, evaluation, calls } of certified) {
      expect(certificate?.upperBound).toBeLessThanOrEqual(0.1);
      expect(evaluation?.rows).toBeGreaterThan(0);
      expect(evaluation?.rows).toBeLessThan(calls);
    }
    expect(replay.avoidedShare).toBeGreaterThan(0);
  });

  it('pays for every task exactly what its teacher was asked', async () => {
    const { tasks, replay } = await demo();
    const sum = (side: 'before' | 'after') => tasks.reduce((usd, task) => usd + (task.bill[side].usd ?? 0), 0);
    const { before, after } = replay.costUsd;
    expect((before ?? 0) - (after ?? 0)).toBeCloseTo(sum('before') - sum('after'), 6);
    expect(sum('before')).toBeLessThanOrEqual(before ?? 0);
  });

  it('gets three answers through the gateway, with the reason for each', async () => {
    const { requests, client } = await demo();
    expect(client).toBe('openai');
    expect(requests.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const { answer, reason } of requests) expect([answer, reason]).not.toContain('');
    // A student answered this call in the replay; a spot check or a window may send it to the teacher now.
    expect(requests[0]?.answeredBy).toBe(requests[0]?.reason === 'confident' ? 'student' : 'teacher');
    expect(requests[0]?.score).toBeGreaterThan(0);
    expect(requests.slice(1).map(({ answeredBy }) => answeredBy)).toEqual(['teacher', 'teacher']);
  });

  it('can be told to people', async () => {
    const lines: string[] = [];
    const { colours } = createOutput({ stdout: { write: () => true } });
    sayDemo(await demo(), { say: (line = '') => lines.push(line), colours });
    expect(lines.join('\n')).toContain('Three requests through the gateway, sent with the openai client');
    expect(lines.filter((line) => /undefined|NaN|null/.test(line))).toEqual([]);
  });
});
