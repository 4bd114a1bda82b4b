import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Certificate } from '../records/certificate.ts';
import type { Task } from '../records/task.ts';
import type { GatewayKey } from './key-store.ts';
import type { Store } from './store.ts';
import type { StoredStudent } from './student-store.ts';

function task(id: string, name = id, tenant = 'shop'): Task {
  const template = { key: `k-${id}`, messages: [], toolsHash: null, responseFormatHash: null, slots: 1 };
  const versions = [{ id: `${id}-1`, template, teacher: 'large', firstSeenAt: 1 }];
  return { id, name, tenant, kind: 'task', shape: { kind: 'free-text', why: 'no two answers alike' }, versions };
}

function student(id: string, overrides: Partial<StoredStudent> = {}): StoredStudent {
  return {
    id,
    task: 't',
    version: 't-1',
    createdAt: 1,
    details: { seed: 1 },
    bytes: new Uint8Array([1, 2, 3]),
    ...overrides,
  };
}

function certificate(id: string, overrides: Partial<Certificate> = {}): Certificate {
  return {
    id,
    task: 't',
    version: 't-1',
    student: 's',
    at: 1,
    look: 1,
    n: 500,
    errors: 2,
    threshold: 0.9,
    upperBound: 0.0197,
    epsilon: 0.02,
    delta: 0.05,
    spentDelta: 0.0304,
    source: 'shadow',
    ...overrides,
  };
}

function gatewayKey(id: string, overrides: Partial<GatewayKey> = {}): GatewayKey {
  const unset = { models: null, expiresAt: null, revokedAt: null, previous: null };
  return { id, name: id, tenant: 'shop', limits: {}, createdAt: 1, hash: `hash of ${id}`, ...unset, ...overrides };
}

/** What every backend answers about tasks, students, certificates, gold, keys, spending and state. */
export function describeStore(backend: string, open: () => Promise<Store>): void {
  describe(`${backend} store`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    it('keeps tasks in the order in which they were first stored, and replaces them by id', async () => {
      await store.tasks.put([task('b'), task('a'), task('c', 'c', 'bank')]);
      await store.tasks.put([task('b', 'renamed')]);
      expect((await store.tasks.list()).map(({ name }) => name)).toEqual(['renamed', 'a', 'c']);
      expect((await store.tasks.list({ tenant: 'bank' })).map(({ id }) => id)).toEqual(['c']);
      expect(await store.tasks.get('a')).toEqual(task('a'));
      expect(await store.tasks.get('x')).toBeNull();
    });

    it('removes a task with all that was learned of it', async () => {
      await store.tasks.put([task('t'), task('u')]);
      await store.students.put(student('s'));
      await store.certificates.append(certificate('c'));
      await store.gold.put([{ callId: 'x', task: 't', answer: 'yes', at: 1 }]);
      await store.gold.freeze('t', 2);
      expect(await store.tasks.remove('t')).toBe(true);
      expect(await store.tasks.remove('t')).toBe(false);
      expect(await store.students.list()).toEqual([]);
      expect(await store.certificates.list()).toEqual([]);
      expect(await store.gold.list('t')).toEqual([]);
      expect(await store.gold.sets('t')).toEqual([]);
      expect((await store.tasks.list()).map(({ id }) => id)).toEqual(['u']);
    });

    it('gives back the very bytes of a student', async () => {
      const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 31) % 256);
      await store.students.put(student('s', { bytes }));
      const found = await store.students.get('s');
      expect(found && Buffer.compare(found.bytes, bytes)).toBe(0);
      expect(found?.details).toEqual({ seed: 1 });
      expect(await store.students.get('x')).toBeNull();
    });

    it('never changes a stored student', async () => {
      await store.students.put(student('s'));
      await store.students.put(student('s'));
      const other = store.students.put(student('s', { bytes: new Uint8Array([9]) }));
      await expect(other).rejects.toMatchObject({ code: 'student_damaged' });
      expect((await store.students.get('s'))?.bytes).toHaveLength(3);
    });

    it('lists students newest first, without their bytes', async () => {
      await store.students.put(student('old', { createdAt: 1 }));
      await store.students.put(student('new', { createdAt: 2 }));
      await store.students.put(student('late', { createdAt: 2 }));
      await store.students.put(student('other', { task: 'u' }));
      const listed = await store.students.list({ task: 't' });
      expect(listed.map(({ id }) => id)).toEqual(['late', 'new', 'old']);
      expect(listed[0]).not.toHaveProperty('bytes');
      expect(await store.students.remove('old')).toBe(true);
      expect(await store.students.remove('old')).toBe(false);
    });

    it('S11: counts erased calls against the students that they trained, and against no other', async () => {
      const erased = (id: string, at = 0) => ({ id, at, tenant: 'shop', match: { task: 't', version: 'v' } });
      const trainedOn = Array.from({ length: 500 }, (_, index) => `call_${index}`);
      await store.students.put(student('s', { trainedOn }));
      await store.students.put(student('other', { trainedOn: ['call_x'] }));
      await store.students.put(student('unknown', { version: 'v', createdAt: 10 }));
      const touched = await store.students.countErased([erased('call_7'), erased('call_499'), erased('call_500', 11)]);
      expect(new Map(touched.map((each) => [each.student, each.rows]))).toEqual(
        new Map([
          ['s', 2],
          ['unknown', 2],
        ]),
      );
      expect(await store.students.countErased([erased('call_8', 99)])).toEqual([{ student: 's', task: 't', rows: 1 }]);
      expect((await store.students.get('s'))?.erasedRows).toBe(3);
      expect((await store.students.list()).map(({ id, erasedRows }) => [id, erasedRows]).sort()).toEqual([
        ['other', undefined],
        ['s', 3],
        ['unknown', 2],
      ]);
      expect(await store.students.get('s')).not.toHaveProperty('trainedOn');
    });

    it('S11: erases gold answers, also from frozen sets', async () => {
      await store.gold.put([
        { callId: 'x', task: 't', answer: 'yes', at: 1 },
        { callId: 'y', task: 't', answer: 'no', at: 2 },
      ]);
      await store.gold.freeze('t', 10);
      expect(await store.gold.erase(['x', 'z'])).toBe(1);
      expect((await store.gold.list('t')).map(({ callId }) => callId)).toEqual(['y']);
      expect((await store.gold.sets('t')).map(({ answers }) => answers.map(({ callId }) => callId))).toEqual([['y']]);
    });

    it('keeps certificates as they were stated, newest first', async () => {
      await store.certificates.append(certificate('a', { at: 1 }));
      await store.certificates.append(certificate('b', { at: 3, student: 's2' }));
      await store.certificates.append(certificate('c', { at: 3 }));
      await store.certificates.append(certificate('a', { at: 9, errors: 0 }));
      await store.certificates.append(certificate('d', { task: 'u', at: 5 }));
      expect((await store.certificates.list({ task: 't' })).map(({ id }) => id)).toEqual(['c', 'b', 'a']);
      expect((await store.certificates.list({ task: 't', student: 's2' })).map(({ id }) => id)).toEqual(['b']);
      expect(await store.certificates.get('a')).toEqual(certificate('a', { at: 1 }));
      expect(await store.certificates.get('x')).toBeNull();
    });

    it('replaces a gold answer by a later one, and keeps it in the frozen set', async () => {
      await store.gold.put([
        { callId: 'x', task: 't', answer: 'yes', at: 1 },
        { callId: 'y', task: 't', answer: { label: 'no' }, at: 1 },
        { callId: 'z', task: 'u', answer: 5, at: 1 },
      ]);
      const first = await store.gold.freeze('t', 10);
      await store.gold.put([{ callId: 'x', task: 't', answer: 'no', at: 11 }]);
      const second = await store.gold.freeze('t', 12);
      expect(first.version).toBe(1);
      expect(second.version).toBe(2);
      expect(first.answers.map(({ answer }) => answer)).toEqual(['yes', { label: 'no' }]);
      expect((await store.gold.list('t')).map(({ answer }) => answer)).toEqual(['no', { label: 'no' }]);
      expect(await store.gold.sets('t')).toEqual([first, second]);
      expect(await store.gold.sets('u')).toEqual([]);
      expect(await store.gold.remove('x')).toBe(true);
      expect(await store.gold.remove('x')).toBe(false);
      expect(await store.gold.sets('t')).toEqual([first, second]);
    });

    it('keeps gateway keys in the order in which they were first stored, and replaces them by id', async () => {
      const full = gatewayKey('b', {
        models: ['gpt-4o'],
        limits: { requestsPerMinute: 5, usdPerDay: 0.25 },
        expiresAt: 7,
        previous: { hash: 'older', until: 9 },
      });
      await store.keys.put(full);
      await store.keys.put(gatewayKey('a', { name: `'; DROP TABLE "gateway_keys" --\u0000` }));
      await store.keys.put({ ...full, revokedAt: 5 });
      expect((await store.keys.list()).map(({ id }) => id)).toEqual(['b', 'a']);
      expect(await store.keys.get('b')).toEqual({ ...full, revokedAt: 5 });
      expect((await store.keys.get('a'))?.name).toContain('DROP TABLE');
      expect(await store.keys.get('x')).toBeNull();
    });

    it('adds up what keys and tenants used, day by day and month by month', async () => {
      const used = { requests: 1, tokens: 1200, usd: 0.25, unknown: 0 };
      const today = { subject: 'key:a', period: '2026-11-25', ...used };
      const month = { subject: 'tenant:shop', period: '2026-11', ...used, unknown: 1 };
      await store.spending.add([today, month]);
      await store.spending.add([today, { ...today, period: '2026-11-26', requests: -1 }]);
      await store.spending.add([]);
      expect(await store.spending.list({ subject: 'key:a' })).toEqual([
        { ...today, requests: 2, tokens: 2400, usd: 0.5 },
        { ...today, period: '2026-11-26', requests: -1 },
      ]);
      expect(await store.spending.list({ periods: ['2026-11', '2026-12'] })).toEqual([month]);
      expect(await store.spending.list({ subject: 'key:a', periods: ['2026-11'] })).toEqual([]);
      expect(await store.spending.list()).toHaveLength(3);
    });

    it('remembers values by key, null among them', async () => {
      await store.state.set('stage/triage', 'live');
      await store.state.setAll(
        new Map([
          ['stage/b_%', null],
          ['looks', { triage: [1, 2] }],
        ]),
      );
      expect(await store.state.get('stage/triage')).toBe('live');
      expect(await store.state.get('stage/b_%')).toBeNull();
      expect(await store.state.get('nothing')).toBeUndefined();
      await store.state.set('stage/triage', 'off');
      expect(await store.state.get('stage/triage')).toBe('off');
      expect(await store.state.keys('stage/')).toEqual(['stage/b_%', 'stage/triage']);
      expect(await store.state.keys('stage/b_%')).toEqual(['stage/b_%']);
      expect(await store.state.keys()).toHaveLength(3);
      expect(await store.state.remove('looks')).toBe(true);
      expect(await store.state.remove('looks')).toBe(false);
    });

    it('gives back values that nobody else can change', async () => {
      const value = { looks: [1] };
      await store.state.set('k', value);
      value.looks.push(2);
      expect(await store.state.get('k')).toEqual({ looks: [1] });
    });
  });
}
