import { describe, expect, it } from 'vitest';
import type { Call, JsonObject } from '../records/call.ts';
import type { LabelShape } from '../records/output-shape.ts';
import { toExample } from './to-example.ts';

const shape: LabelShape = { kind: 'label', form: { kind: 'plain' }, labels: [], unseenShare: 0 };
const match = { task: 't', version: 'v', slots: ['hello'] };

function call(message: JsonObject, fields: Partial<Call> = {}, finish = 'stop'): Call {
  return {
    id: 'c',
    at: 7,
    tenant: 'default',
    status: 200,
    latencyMs: null,
    request: { model: 'm', messages: [] },
    response: { choices: [{ index: 0, message, finish_reason: finish }] },
    task: null,
    gold: null,
    tags: {},
    ...fields,
  };
}

describe('toExample', () => {
  it('reduces a call to its slots, its label and its gold', () => {
    expect(toExample(call({ role: 'assistant', content: 'Up.' }, { gold: 'DOWN' }), match, shape)).toEqual({
      callId: 'c',
      at: 7,
      slots: ['hello'],
      label: 'up',
      gold: 'down',
      version: 'v',
    });
  });

  it('has no row for a failed request', () => {
    expect(toExample(call({ content: 'up' }, { status: 500 }), match, shape)).toBeNull();
  });

  it('keeps cut answers and refusals as rows without a label', () => {
    expect(toExample(call({ content: 'up' }, {}, 'length'), match, shape)?.label).toBeNull();
    expect(toExample(call({ content: null, refusal: 'no' }), match, shape)?.label).toBeNull();
  });

  it('takes the gold that a person gave later', () => {
    expect(toExample(call({ content: 'up' }, { gold: 'down' }), match, shape, 'up')?.gold).toBe('up');
  });
});
