import { afterEach, describe, expect, it } from 'vitest';
import type { Call } from '../records/call.ts';

import type { Route } from '../records/route.ts';
import type { CallStore, StoredCall } from './call-store.ts';
import { call, noon } from './some-call.contract.ts';
import type { Store } from './store.ts';
import { userReference } from './user-reference.ts';

function stored(overrides: Partial<Call> & { readonly id: string }, task: string | null = null): StoredCall {
  return { call: call(overrides), route: null, match: task === null ? null : { task, version: `${task}-1` } };
}

function ids(calls: readonly StoredCall[]): readonly string[] {
  return calls.map(({ call: { id } }) => id);
}

async function collect(calls: AsyncIterable<StoredCall>): Promise<readonly StoredCall[]> {
  const result: StoredCall[] = [];
  for await (const one of calls) result.push(one);
  return result;
}

const route: Route = {
  callId: 'full',
  answeredBy: 'student',
  reason: 'confident',
  task: 'triage',
  version: 'triage-1',
  student: 's-1',
  studentLabel: 'question',
  score: 0.97,
  certificate: 'c-1',
};

export function describeCallStore(backend: string, open: () => Promise<Store>): void {
  describe(`${backend} call store`, () => {
    let store: Store | undefined;
    const openCalls = async (): Promise<CallStore> => {
      store = await open();
      return store.calls;
    };
    afterEach(() => store?.close());

    it('gives back a call with its route and task exactly as it was stored', async () => {
      const calls = await openCalls();
      const full: StoredCall = {
        call: call({
          id: 'full',
          status: 429,
          latencyMs: null,
          task: 'triage',
          gold: { label: 'praise', spans: [1, 2] },
          tags: { step: 'classify', conversation: 'c-17' },
        }),
        route,
        match: { task: 'triage', version: 'triage-1' },
      };
      await calls.append([full]);
      expect(await calls.get('full')).toEqual(full);
      expect(await calls.get('other')).toBeNull();
    });

    it('keeps the order of keys, lone surrogates, emoji and every other text of a body', async () => {
      const calls = await openCalls();
      const texts = [
        '\ud83d',
        '\udc4d alone',
        '👍🏽 👨‍👩‍👧',
        '\u0000\u2028"\\',
        '{{slot}}',
        '',
        'x y '.repeat(50_000),
        'é'.normalize('NFD'),
      ];
      const request = {
        model: 'm',
        zebra: 1,
        alpha: { b: 1, a: 2 },
        messages: texts.map((content) => ({ role: 'user', content })),
      };
      const many = Array.from({ length: 30 }, (_, index) =>
        stored({ id: `c${index}`, request: { ...request, seed: index } }),
      );
      await calls.append(many);
      for (const { call: expected } of many) {
        expect(JSON.stringify((await calls.get(expected.id))?.call.request)).toBe(JSON.stringify(expected.request));
      }
    });

    it('gives back the bodies of calls that are stored side by side, of many prompts and sizes', async () => {
      const calls = await openCalls();
      const many = Array.from({ length: 120 }, (_, index) =>
        stored({
          id: `c${index}`,
          tenant: index % 3 === 0 ? 'shop' : 'bank',
          at: noon + index,
          request: {
            model: `model-${index % 4}`,
            messages: [{ role: 'user', content: `${'long prompt '.repeat((index % 5) * 900)} ${index}` }],
          },
        }),
      );
      for (let start = 0; start < many.length; start += 7) await calls.append(many.slice(start, start + 7));
      expect(await collect(calls.scan())).toEqual(many);
    });

    it('adds a call once, whatever comes under its id later', async () => {
      const calls = await openCalls();
      expect(await calls.append([stored({ id: 'a', status: 200 }), stored({ id: 'a', status: 500 })])).toBe(1);
      expect(await calls.append([stored({ id: 'a', status: 404 }), stored({ id: 'b' })])).toBe(1);
      expect(await calls.append([])).toBe(0);
      expect((await calls.get('a'))?.call.status).toBe(200);
      expect(await calls.count()).toBe(2);
    });

    it('lists the newest call first, and of the same time the one stored last', async () => {
      const calls = await openCalls();
      await calls.append([
        stored({ id: 'second', at: noon + 1 }),
        stored({ id: 'first', at: noon }),
        stored({ id: 'third', at: noon + 1 }),
      ]);
      expect(ids(await calls.list({ limit: 10 }))).toEqual(['third', 'second', 'first']);
      expect(ids(await calls.list({ limit: 2 }))).toEqual(['third', 'second']);
    });

    it('lists one task, one tenant, or the calls of no task', async () => {
      const calls = await openCalls();
      await calls.append([
        stored({ id: 'a', at: noon }, 'triage'),
        stored({ id: 'b', at: noon + 1, tenant: 'bank' }, 'triage'),
        stored({ id: 'c', at: noon + 2 }),
        stored({ id: 'd', at: noon + 3 }, 'route'),
      ]);
      expect(ids(await calls.list({ task: 'triage', limit: 10 }))).toEqual(['b', 'a']);
      expect(ids(await calls.list({ task: 'triage', tenant: 'shop', limit: 10 }))).toEqual(['a']);
      expect(ids(await calls.list({ tenant: 'shop', limit: 10 }))).toEqual(['d', 'c', 'a']);
      expect(ids(await calls.list({ task: null, limit: 10 }))).toEqual(['c']);
      expect(ids(await calls.list({ task: 'unknown', limit: 10 }))).toEqual([]);
      expect(
        await Promise.all([calls.count({ task: 'triage' }), calls.count({ task: null }), calls.count({ tenant: 'x' })]),
      ).toEqual([2, 1, 0]);
    });

    it('turns the pages of a list without losing or repeating calls of the same time', async () => {
      const calls = await openCalls();
      await calls.append(
        Array.from({ length: 11 }, (_, index) =>
          stored({ id: `c${index}`, at: noon + Math.floor(index / 4) }, 'triage'),
        ),
      );
      const seen: string[] = [];
      for (let before: string | undefined; ; before = seen.at(-1)) {
        const listed = ids(await calls.list({ task: 'triage', limit: 3, before }));
        if (listed.length === 0) break;
        seen.push(...listed);
      }
      expect(seen).toEqual(['c10', 'c9', 'c8', 'c7', 'c6', 'c5', 'c4', 'c3', 'c2', 'c1', 'c0']);
      await expect(calls.list({ limit: 3, before: 'unknown' })).rejects.toMatchObject({ code: 'call_not_found' });
    });

    it('scans in time order, calls of the same time as they were stored', async () => {
      const calls = await openCalls();
      await calls.append([
        stored({ id: 'c', at: noon + 5 }),
        stored({ id: 'a', at: noon - 5 }),
        stored({ id: 'd', at: noon + 5 }),
      ]);
      await calls.append([stored({ id: 'b', at: noon })]);
      expect(ids(await collect(calls.scan()))).toEqual(['a', 'b', 'c', 'd']);
      expect(ids(await collect(calls.scan({ from: noon, to: noon + 5 })))).toEqual(['b']);
    });

    it('scans more calls than it reads at once, also when they are removed or assigned meanwhile', async () => {
      const calls = await openCalls();
      await calls.append(
        Array.from({ length: 900 }, (_, index) => stored({ id: `c${index}`, at: noon + (index % 7) })),
      );
      const seen = new Set<string>();
      for await (const { call: one } of calls.scan()) {
        seen.add(one.id);
        await calls.assign(new Map([[one.id, { task: 'triage', version: 'v' }]]));
      }
      expect(seen.size).toBe(900);
      expect(await calls.count({ task: 'triage' })).toBe(900);
    });

    it('gives earlier calls their task later, moves them, and takes it away again', async () => {
      const calls = await openCalls();
      await calls.append([stored({ id: 'a' }), stored({ id: 'b' }, 'old'), stored({ id: 'c' }, 'old')]);
      const matches = new Map([
        ['a', { task: 'new', version: 'v2' }],
        ['b', { task: 'new', version: 'v1' }],
        ['c', null],
        ['missing', null],
      ]);
      expect(await calls.assign(matches)).toBe(3);
      expect((await calls.list({ limit: 9 })).map(({ match }) => match)).toEqual([
        null,
        { task: 'new', version: 'v1' },
        { task: 'new', version: 'v2' },
      ]);
    });

    it('removes what is older than a moment, and nothing else', async () => {
      const calls = await openCalls();
      await calls.append(Array.from({ length: 50 }, (_, index) => stored({ id: `c${index}`, at: noon + index })));
      const removal = await calls.remove({ olderThan: noon + 20 });
      expect(removal.calls).toBe(20);
      expect(ids(await collect(calls.scan()))[0]).toBe('c20');
      expect(await calls.remove({ olderThan: noon + 20 })).toEqual({ calls: 0, bytes: 0 });
    });

    it('removes what is old of one tenant or one task, and leaves what is as old of the others', async () => {
      const calls = await openCalls();
      await calls.append([
        stored({ id: 'a', at: noon }, 'triage'),
        stored({ id: 'b', at: noon, tenant: 'bank' }, 'triage'),
        stored({ id: 'c', at: noon, tenant: 'bank' }),
        stored({ id: 'd', at: noon + 9, tenant: 'bank' }),
      ]);
      expect((await calls.remove({ olderThan: noon + 1, tenant: 'nobody' })).calls).toBe(0);
      expect((await calls.remove({ olderThan: noon + 1, task: 'triage', tenant: 'shop' })).calls).toBe(1);
      expect((await calls.remove({ olderThan: noon + 1, tenant: 'bank' })).calls).toBe(2);
      expect(ids(await collect(calls.scan()))).toEqual(['d']);
    });

    it('removes the oldest calls until the rest fits, and gives the space back', async () => {
      const calls = await openCalls();
      const text = Array.from({ length: 300 }, (_, index) => (index * 7919).toString(36)).join(' ');
      await calls.append(
        Array.from({ length: 1500 }, (_, index) =>
          stored({
            id: `c${index}`,
            at: noon + index,
            request: { model: 'm', messages: [{ role: 'user', content: `${index}${text.slice(index % 200)}` }] },
          }),
        ),
      );
      const before = await calls.size();
      const removal = await calls.remove({ largerThanBytes: before / 2 });
      expect(await calls.size()).toBeLessThanOrEqual(before / 2);
      expect(removal.bytes).toBeGreaterThanOrEqual(before / 2);
      const left = ids(await collect(calls.scan()));
      expect(left.at(-1)).toBe('c1499');
      expect(left[0]).toBe(`c${1500 - left.length}`);
      expect(left.length).toBeGreaterThan(0);
      expect(await calls.remove({ largerThanBytes: before })).toEqual({ calls: 0, bytes: 0 });
    });

    it('finds the calls of a user by what was written down, or by what their requests say, of one tenant where one is named', async () => {
      const calls = await openCalls();
      const jane = userReference('jane');
      const request = (fields: object) => ({ model: 'm', messages: [], ...fields });
      await calls.append([
        { ...stored({ id: 'a', at: noon + 2 }, 'triage'), user: jane },
        stored({ id: 'b', at: noon, request: request({ user: 'jane' }) }),
        stored({ id: 'c', at: noon + 1, tenant: 'bank', request: request({ metadata: { user_id: 'jane' } }) }),
        { ...stored({ id: 'd', request: request({ user: 'jane' }) }), user: null },
        stored({ id: 'e', request: request({ user: 'joe' }) }),
        stored({ id: 'f' }),
      ]);
      expect((await calls.ofUser(jane)).map(({ id }) => id)).toEqual(['b', 'c', 'a']);
      expect(await calls.ofUser(jane, { tenant: 'bank' })).toEqual([
        { id: 'c', at: noon + 1, tenant: 'bank', match: null },
      ]);
      expect((await calls.ofUser(jane, { tenant: 'shop' }))[1]?.match).toEqual({ task: 'triage', version: 'triage-1' });
      expect(await calls.ofUser(jane, { tenant: 'unknown' })).toEqual([]);
      expect(await calls.ofUser(userReference('nobody'))).toEqual([]);
    });

    it('erases calls and keeps the others as they were', async () => {
      const calls = await openCalls();
      const many = Array.from({ length: 90 }, (_, index) => stored({ id: `c${index}`, at: noon + index }));
      await calls.append(many);
      const ids = many.filter((_, index) => index % 3 === 0).map(({ call: { id } }) => id);
      expect((await calls.erase([...ids, 'unknown'])).calls).toBe(30);
      expect(await collect(calls.scan())).toEqual(many.filter((_, index) => index % 3 !== 0));
      expect((await calls.erase([])).calls).toBe(0);
      expect(await calls.append([stored({ id: 'c0' })])).toBe(1);
    });

    it('forgets the calls of one task and keeps the others readable', async () => {
      const calls = await openCalls();
      const many = Array.from({ length: 60 }, (_, index) =>
        stored({ id: `c${index}`, at: noon + index }, index % 2 ? 'a' : 'b'),
      );
      await calls.append(many);
      expect((await calls.forgetTask('a')).calls).toBe(30);
      expect(await calls.forgetTask('never seen')).toEqual({ calls: 0, bytes: 0 });
      expect(await collect(calls.scan())).toEqual(many.filter(({ match }) => match?.task === 'b'));
      await calls.append([stored({ id: 'again' }, 'a')]);
      expect(await calls.count()).toBe(31);
    });
  });
}
