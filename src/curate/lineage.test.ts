import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { lineageOf, type TrainedCall, termsOfLineage } from './lineage.ts';

function trained(id: string, day: number, fields: Partial<TrainedCall> = {}): TrainedCall {
  const at = Date.UTC(2026, 9, day);
  return { id, at, model: 'gpt-4o-mini', version: 'v1', isThroughGateway: false, ...fields };
}

const frozenGold = new Set<string>();

describe('lineageOf', () => {
  it('counts the rows of each teacher under each version, most first, with their first and last day', () => {
    const calls = [
      trained('a', 3),
      trained('b', 1),
      trained('c', 2, { model: 'gpt-4o' }),
      trained('d', 9, { version: 'v2' }),
      trained('e', 8, { version: 'v2' }),
      trained('f', 7, { version: 'v2' }),
    ];
    const { teachers } = lineageOf(calls, { frozenGold });
    expect(
      teachers.map(({ model, version, rows, from, to }) => [model, version, rows, from.slice(8, 10), to.slice(8, 10)]),
    ).toEqual([
      ['gpt-4o-mini', 'v2', 3, '07', '09'],
      ['gpt-4o-mini', 'v1', 2, '01', '03'],
      ['gpt-4o', 'v1', 1, '02', '02'],
    ]);
  });

  it('names the upstream of the calls that came through the gateway, and none of imported ones', () => {
    const calls = [trained('a', 1, { isThroughGateway: true }), trained('b', 2)];
    const { teachers } = lineageOf(calls, { frozenGold, upstream: 'api.openai.com' });
    expect(teachers.map(({ upstream }) => upstream)).toEqual(['api.openai.com', null]);
  });

  it('has one hash for the same calls in any order, and another for others', () => {
    const calls = [trained('b', 1), trained('a', 2)];
    const { callsHash } = lineageOf(calls, { frozenGold });
    expect(callsHash).toBe(createHash('sha256').update('a\nb').digest('hex'));
    expect(lineageOf([...calls].reverse(), { frozenGold }).callsHash).toBe(callsHash);
    expect(lineageOf([trained('a', 2)], { frozenGold }).callsHash).not.toBe(callsHash);
  });

  it('would show gold that had trained', () => {
    expect(lineageOf([trained('a', 1)], { frozenGold: new Set(['a', 'z']) }).frozenGoldRows).toBe(1);
  });

  it('keeps how many rows counted less', () => {
    expect(lineageOf([trained('a', 1)], { frozenGold, weighedDownRows: 1 }).weighedDownRows).toBe(1);
    expect(lineageOf([trained('a', 1)], { frozenGold })).not.toHaveProperty('weighedDownRows');
  });

  it('is empty for no rows', () => {
    expect(lineageOf([], { frozenGold })).toMatchObject({ rows: 0, teachers: [] });
  });
});

describe('termsOfLineage', () => {
  it('gives each notice once, and names the teachers nobody knows', () => {
    const calls = [trained('a', 1), trained('b', 2, { model: 'gpt-4o' }), trained('c', 3, { model: 'house-model' })];
    const { notices, unknownTeachers } = termsOfLineage(lineageOf(calls, { frozenGold }));
    expect(notices.map(({ id }) => id)).toEqual(['openai']);
    expect(unknownTeachers).toEqual(['house-model']);
  });

  it('keeps no pattern: a notice survives being stored as JSON', () => {
    const { notices } = termsOfLineage(lineageOf([trained('a', 1)], { frozenGold }));
    expect(JSON.parse(JSON.stringify(notices))).toEqual(notices);
  });
});
