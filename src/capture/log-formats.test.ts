import { describe, expect, it } from 'vitest';
import { collect, describeLogFormat, fixture } from './log-format.contract.ts';

const ownCalls = [
  {
    id: 'call_1',
    at: '2026-10-01T00:01:22.155Z',
    status: 200,
    latencyMs: 400,
    user: 'A table for two tonight?',
    answer: 'book',
  },
  {
    id: 'call_h6atAMstoeJhgjyyTllnQL',
    at: '2026-10-01T00:01:22.156Z',
    status: 200,
    latencyMs: null,
    user: 'Please drop my room.',
    answer: 'cancel',
  },
  {
    id: 'call_h6atAMstoeJhgjyyTllnQL_2',
    at: '2026-10-01T00:01:22.157Z',
    status: 200,
    latencyMs: null,
    user: 'Please drop my room.',
    answer: 'cancel',
  },
  {
    id: 'call_4',
    at: '2026-10-01T00:03:00.000Z',
    status: 429,
    latencyMs: null,
    user: 'Is there parking?',
    answer: 'error',
  },
];

describeLogFormat({ format: 'call log', files: ['call-log.jsonl'], calls: ownCalls });
describeLogFormat({ format: 'call log', files: ['call-log-list.json'], calls: ownCalls });

describeLogFormat({
  format: 'OpenAI batch',
  files: ['openai-batch-input.jsonl', 'openai-batch-output.jsonl'],
  calls: [
    {
      id: 'batch_req_b',
      at: '2026-10-01T00:03:20.000Z',
      status: 200,
      latencyMs: null,
      user: 'Two nights in May, please.',
      answer: 'book',
    },
    {
      id: 'batch_req_a',
      at: '2026-10-01T00:03:19.000Z',
      status: 200,
      latencyMs: null,
      user: 'Do you have a pool?',
      answer: 'ask',
    },
  ],
});

describeLogFormat({
  format: 'LiteLLM',
  files: ['litellm-spend-logs.jsonl'],
  calls: [
    {
      id: 'chatcmpl-l1',
      at: '2026-10-01T08:00:00.250Z',
      status: 200,
      latencyMs: 650,
      user: 'Can I bring a dog?',
      answer: 'ask',
    },
    {
      id: 'chatcmpl-l2',
      at: '2026-10-01T08:00:01.250Z',
      status: 200,
      latencyMs: 750,
      user: 'A double room for Friday.',
      answer: 'book',
    },
  ],
});

describeLogFormat({
  format: 'LiteLLM',
  files: ['litellm-callback.jsonl'],
  calls: [
    {
      id: 'chatcmpl-c1',
      at: '2026-10-01T08:00:00.500Z',
      status: 200,
      latencyMs: 1250,
      user: 'When is breakfast?',
      answer: 'ask',
    },
    {
      id: 'chatcmpl-c2',
      at: '2026-10-01T08:00:02.500Z',
      status: 429,
      latencyMs: 250,
      user: 'Cancel it.',
      answer: 'error',
    },
  ],
});

describeLogFormat({
  format: 'Langfuse',
  files: ['langfuse-observations.jsonl'],
  calls: [
    {
      id: 'obs-1',
      at: '2026-10-01T09:00:00.000Z',
      status: 200,
      latencyMs: 420,
      user: 'Late arrival, is that fine?',
      answer: 'ask',
    },
    {
      id: 'obs-3',
      at: '2026-10-01T09:00:02.000Z',
      status: 200,
      latencyMs: 300,
      user: 'Cancel my stay.',
      answer: 'cancel',
    },
    { id: 'obs-4', at: '2026-10-01T09:00:03.000Z', status: 500, latencyMs: null, user: 'Hello?', answer: 'error' },
  ],
});

describe('what exporters write around the calls', () => {
  it('finds observations in a page of the API', async () => {
    const { calls } = await collect(fixture('langfuse-page.json'));
    expect(calls.map(({ id }) => id)).toEqual(['obs-1']);
  });

  it('keeps what the exporter knew: usage, parameters, conversation, team', async () => {
    const { calls: langfuse } = await collect(fixture('langfuse-observations.jsonl'));
    expect(langfuse[1]?.request).toMatchObject({ model: 'gpt-4o-mini', temperature: 0 });
    expect(langfuse[1]?.response.usage).toEqual({ prompt_tokens: 31, completion_tokens: 1, total_tokens: 32 });
    expect(langfuse[1]?.tags).toEqual({ step: 'classify', conversation: 'tr-2' });
    const { calls: litellm } = await collect(fixture('litellm-spend-logs.jsonl'));
    expect(litellm[0]).toMatchObject({
      tenant: 'hotel',
      tags: { conversation: 's-9' },
      request: { model: 'gpt-4o-mini' },
    });
  });

  it('gives a batch request that expired the error it ended with', async () => {
    const { calls } = await collect(fixture('openai-batch-expired.jsonl'));
    expect(calls).toMatchObject([{ id: 'batch_req_c', status: 500, response: { error: { code: 'batch_expired' } } }]);
  });

  it('names the batch lines whose other half is missing', async () => {
    const { calls, bad } = await collect([fixture('openai-batch-output.jsonl'), fixture('call-log.jsonl')]);
    expect(calls).toHaveLength(4);
    expect(bad).toMatchObject([
      { line: 1, reason: 'no input line has `custom_id` "row-2"; give both files of the batch' },
      { line: 2, reason: 'no input line has `custom_id` "row-1"; give both files of the batch' },
    ]);
  });
});
