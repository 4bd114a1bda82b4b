import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Example } from '../records/example.ts';
import { curate, unseenRows } from './curate.ts';
import { clusterNearDuplicates } from './near-duplicates.ts';

function example(fields: Partial<Example> & { readonly callId: string }): Example {
  return { at: 0, slots: [fields.callId], label: 'a', gold: null, version: 'v', ...fields };
}

/** Few words, so that repeats and near-duplicates are common. */
const rows = fc
  .array(
    fc.record({
      at: fc.integer({ min: 0, max: 50 }),
      words: fc.array(fc.constantFrom('card', 'lost', 'pay', 'rent', 'when', 'why'), { maxLength: 4 }),
      label: fc.constantFrom('x', 'y', 'z', null),
    }),
    { maxLength: 120 },
  )
  .map((drafts) =>
    drafts.map(({ at, words, label }, i) => example({ callId: `c${i}`, at, slots: [words.join(' ')], label })),
  );
const frozen = fc
  .array(fc.integer({ min: 0, max: 119 }), { maxLength: 8 })
  .map((ids) => new Set(ids.map((id) => `c${id}`)));

function clustersByCall(examples: readonly Example[]): Map<string, number> {
  const clusters = clusterNearDuplicates(examples.map((row) => row.slots));
  return new Map(examples.map((row, i) => [row.callId, clusters[i] as number]));
}

describe('curate', () => {
  it('never lets a near-duplicate straddle two parts', () => {
    fc.assert(
      fc.property(rows, frozen, (examples, frozenGold) => {
        const clusterOf = clustersByCall(examples);
        const { train, certify, judge } = curate(examples, { frozenGold });
        const parts = [train, certify, judge].map((part) => new Set(part.map((row) => clusterOf.get(row.callId))));
        const all = parts.flatMap((part) => [...part]);
        expect(new Set(all).size).toBe(all.length);
      }),
    );
  });

  it('counts near-duplicates once where it measures', () => {
    fc.assert(
      fc.property(rows, (examples) => {
        const clusterOf = clustersByCall(examples);
        const { certify, judge } = curate(examples);
        const clusters = [...certify, ...judge].map((row) => clusterOf.get(row.callId));
        expect(new Set(clusters).size).toBe(clusters.length);
      }),
    );
  });

  it('certifies only on rows later than everything that trained', () => {
    fc.assert(
      fc.property(rows, (examples) => {
        const { train, certify, judge } = curate(examples);
        const latest = Math.max(...train.map((row) => row.at));
        for (const row of [...certify, ...judge]) expect(row.at).toBeGreaterThanOrEqual(latest);
      }),
    );
  });

  it('loses no row without a reason and invents none', () => {
    fc.assert(
      fc.property(rows, frozen, (examples, frozenGold) => {
        const { train, certify, judge, dropped } = curate(examples, { frozenGold });
        const reasons = Object.values(dropped).reduce((sum, count) => sum + count, 0);
        expect(train.length + certify.length + judge.length + reasons).toBe(examples.length);
      }),
    );
  });

  it('never trains on a row without a label, nor on frozen gold or what says the same', () => {
    fc.assert(
      fc.property(rows, frozen, (examples, frozenGold) => {
        const clusterOf = clustersByCall(examples);
        const frozenClusters = new Set(
          examples.filter((row) => frozenGold.has(row.callId)).map((row) => clusterOf.get(row.callId)),
        );
        for (const row of curate(examples, { frozenGold }).train) {
          expect(row.label).not.toBeNull();
          expect(frozenClusters.has(clusterOf.get(row.callId))).toBe(false);
        }
      }),
    );
  });

  it('gives the same parts whatever the order of the rows', () => {
    fc.assert(
      fc.property(rows, (examples) => {
        expect(curate([...examples].reverse())).toEqual(curate(examples));
      }),
    );
  });

  it('keeps rows without a label where it certifies: the application would have got them', () => {
    const examples = Array.from({ length: 20 }, (_, i) =>
      example({ callId: `call${i}`, at: i, label: i === 14 ? null : 'a' }),
    );
    expect(curate(examples).certify.map((row) => row.label)).toContain(null);
  });

  it('leaves a label with one row among many out of training, and keeps it among few', () => {
    const labelled = (count: number) =>
      Array.from({ length: count }, (_, i) => example({ callId: `call${i}`, at: i, label: i === 0 ? 'oops' : 'a' }));
    const many = curate(labelled(100), { manyRows: 50 });
    expect(many.train.map((row) => row.label)).not.toContain('oops');
    expect(many.dropped['rare-label']).toBe(1);
    expect(curate(labelled(20), { manyRows: 50 }).train.map((row) => row.label)).toContain('oops');
  });

  it('judges on frozen gold from any time', () => {
    const examples = Array.from({ length: 20 }, (_, i) => example({ callId: `call${i}`, at: i }));
    const { judge } = curate(examples, { frozenGold: new Set(['call0']) });
    expect(judge[0]?.callId).toBe('call0');
  });

  it('makes three empty parts of nothing', () => {
    expect(curate([])).toMatchObject({ train: [], certify: [], judge: [] });
  });
});

describe('unseenRows', () => {
  it('are later, say nothing that was said before, and say it once', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: -1, max: 50 }), (examples, after) => {
        const clusterOf = clustersByCall(examples);
        const before = new Set(examples.filter((row) => row.at <= after).map((row) => clusterOf.get(row.callId)));
        const unseen = unseenRows(examples, after).map((row) => clusterOf.get(row.callId));
        expect(new Set(unseen).size).toBe(unseen.length);
        expect(unseen.filter((cluster) => before.has(cluster))).toEqual([]);
        const later = examples.filter((row) => row.at > after && !before.has(clusterOf.get(row.callId)));
        expect(unseen.length).toBe(new Set(later.map((row) => clusterOf.get(row.callId))).size);
      }),
    );
  });
});
