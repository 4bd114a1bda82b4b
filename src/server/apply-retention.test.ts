import { describe, expect, it } from 'vitest';
import { pause } from '../../test/scripted-upstream.ts';
import { completeSettings, type SettingsInput } from '../settings.ts';
import type { RetentionRule } from '../storage/call-store.ts';
import { openStore } from '../storage/open-store.ts';
import { applyRetention, keepRetention } from './apply-retention.ts';

const day = 86_400_000;

function retention(given: SettingsInput['retention']) {
  return completeSettings({ retention: given }).retention;
}

async function storeWith(...ages: number[]) {
  const store = await openStore(':memory:');
  const calls = ages.map((at, index) => ({
    call: {
      id: `call_${index}`,
      at,
      tenant: 'default',
      status: 200,
      latencyMs: null,
      request: { model: 'm', messages: [] },
      response: {},
      task: null,
      gold: null,
      tags: {},
    },
    route: null,
    match: null,
  }));
  await store.calls.append(calls);
  return store;
}

describe('retention', () => {
  it('deletes what is older than the days allowed, and nothing where nothing is set', async () => {
    const store = await storeWith(0, 5 * day, 9 * day);
    expect(await applyRetention(store, retention({}), 10 * day)).toBe(0);
    expect(await applyRetention(store, retention({ days: 6 }), 10 * day)).toBe(1);
    expect((await store.calls.list({ limit: 9 })).map(({ call }) => call.at)).toEqual([9 * day, 5 * day]);
  });

  it('asks for the size allowed too', async () => {
    const rules: RetentionRule[] = [];
    const remove = async (rule: RetentionRule) => {
      rules.push(rule);
      return { calls: 2, bytes: 0 };
    };
    const { tasks } = await storeWith();
    expect(await applyRetention({ calls: { remove }, tasks }, retention({ days: 1, bytes: 1_000_000 }), 3 * day)).toBe(
      4,
    );
    expect(rules).toEqual([{ olderThan: 2 * day }, { largerThanBytes: 1_000_000 }]);
  });

  it('S11: holds shorter times for single tenants and tasks, and the shortest of all', async () => {
    const rules: RetentionRule[] = [];
    const remove = async (rule: RetentionRule) => {
      rules.push(rule);
      return { calls: 1, bytes: 0 };
    };
    const store = await storeWith();
    const task = { kind: 'task', shape: { kind: 'free-text', why: '' }, versions: [] } as const;
    await store.tasks.put([
      { ...task, id: 'task_1', name: 'chat', tenant: 'shop' },
      { ...task, id: 'task_2', name: 'chat', tenant: 'bank' },
    ]);
    const limits = retention({ days: 9, tenants: { bank: 2 }, tasks: { 'shop/chat': 3, chat: 4, unknown: 1 } });
    expect(await applyRetention({ calls: { remove }, tasks: store.tasks }, limits, 10 * day)).toBe(5);
    expect(rules).toEqual([
      { olderThan: day },
      { olderThan: 8 * day, tenant: 'bank' },
      { olderThan: 7 * day, task: 'task_1' },
      { olderThan: 6 * day, task: 'task_1' },
      { olderThan: 6 * day, task: 'task_2' },
    ]);
  });

  it('S11: tells each limit by which calls went, and what was learned from them is forgotten once a day', async () => {
    const forgotten: RetentionRule[] = [];
    const store = await storeWith(0, 5 * day);
    const log = { warn: () => {} };
    const forget = async (rule: RetentionRule) => void forgotten.push(rule);
    let runs = 0;
    const remove = async (rule: RetentionRule) => {
      runs++;
      return store.calls.remove('olderThan' in rule ? { ...rule, olderThan: runs * day } : rule);
    };
    const stop = keepRetention({
      store: { ...store, calls: { remove } },
      retention: retention({ days: 1 }),
      log,
      forget,
      everyMs: 5,
    });
    while (runs < 8) await pause(5);
    await stop();
    expect(await store.calls.count()).toBe(0);
    expect(forgotten.length).toBe(1);
  });

  it('is applied again and again, whether it fails or not, until it is stopped', async () => {
    let runs = 0;
    const warnings: string[] = [];
    const remove = async () => {
      runs++;
      throw new Error('disk full');
    };
    const log = { warn: (_: object, message: string) => void warnings.push(message) };
    const { tasks } = await storeWith();
    const store = { calls: { remove }, tasks };
    const stop = keepRetention({ store, retention: retention({ days: 1 }), log, everyMs: 5 });
    while (runs < 3) await pause(5);
    await stop();
    const before = runs;
    await pause(20);
    expect([runs, warnings[0]]).toEqual([before, 'old calls could not be deleted']);
  });
});
