import { describe, expect, it } from 'vitest';
import { keywordCall } from '../../test/keyword-stream.ts';
import type { JsonObject } from '../records/call.ts';
import { UsageRecord } from './usage-record.ts';

function recorded(entries: readonly (readonly [slots: readonly string[], response: JsonObject])[]): UsageRecord {
  const record = new UsageRecord();
  for (const [slots, response] of entries) record.add(slots, keywordCall({ text: 'x', label: 'y' }, 0, { response }));
  return record;
}

function used(input: number, output: number): JsonObject {
  return { model: 'large-2026-01-01', usage: { prompt_tokens: input, completion_tokens: output } };
}

describe("a student's usage", () => {
  it('is unknown where no call of the teacher said what it used', () => {
    expect(new UsageRecord().estimate(['x'])).toBeNull();
    expect(recorded([[['x'], { model: 'large' }]]).estimate(['x'])).toBeNull();
    expect(recorded([[['x'], { usage: { prompt_tokens: 7 } }]]).estimate(['x'])).toBeNull();
  });

  it('follows the length of the input along a line through what the teacher used', () => {
    const record = recorded([10, 50, 200, 400].map((length) => [['a'.repeat(length), 'bb'], used(30 + length / 2, 3)]));
    expect(record.estimate(['a'.repeat(100), 'cc'])).toEqual({
      inputTokens: 80,
      outputTokens: 3,
      cachedInputTokens: null,
    });
    expect(record.responseModel).toBe('large-2026-01-01');
  });

  it('is the mean where all inputs were equally long, and never less than one', () => {
    const same = recorded([
      [['abc'], used(20, 1)],
      [['xyz'], used(30, 4)],
    ]);
    expect(same.estimate(['a'.repeat(1000)])).toMatchObject({ inputTokens: 25, outputTokens: 3 });
    const steep = recorded([100, 200].map((length) => [['a'.repeat(length)], used(length - 90, 0)]));
    expect(steep.estimate([''])).toMatchObject({ inputTokens: 1, outputTokens: 1 });
  });
});
