import { describe, expect, it } from 'vitest';
import type { RequestEnd } from '../gateway/gateway.ts';
import { createMetrics, type MetricSources } from './metrics.ts';

const answered: RequestEnd = {
  endpoint: 'chat-completions',
  status: 200,
  model: 'gpt-4o-mini',
  answeredBy: 'teacher',
  error: null,
  usage: { inputTokens: 100, outputTokens: 7, cachedInputTokens: null },
  saved: null,
  cost: 0.5,
  task: null,
  deployment: null,
  attempts: 2,
  tenant: null,
  key: null,
  durationMs: 250,
};

const task = {
  task: {
    id: 'task_1',
    name: 'spam "filter"',
    tenant: 'telco',
    kind: 'task' as const,
    shape: { kind: 'label' as const, form: { kind: 'plain' as const }, labels: [], unseenShare: 0 },
    versions: [],
  },
  stage: 'shadow' as const,
  auto: true,
  calls: 100,
  teacherCalls: 40,
  certificate: null,
  spotChecks: { calls: 5, different: 1 },
  waitingFor: null,
  outlook: '',
};

function sources(change: Partial<MetricSources> = {}): MetricSources {
  return {
    engine: { status: () => [task] },
    gateway: {
      active: 3,
      counts: {
        calls: 9,
        answeredByStudent: 4,
        failed: 1,
        redactionFailures: 0,
        redacted: [{ tenant: 'shop', recogniser: 'email', count: 4 }],
        captureFailures: 2,
        cache: { hits: 0, savedUsd: 0, answers: 0, bytes: 0 },
      },
    },
    capture: () => ({ queued: 1, written: 8, dropped: 6, failures: 5 }),
    version: '1.2.3',
    ...change,
  };
}

async function lines(...ends: RequestEnd[]): Promise<readonly string[]> {
  const metrics = createMetrics();
  for (const end of ends) metrics.observe(end);
  return (await metrics.text(sources())).split('\n');
}

describe('metrics', () => {
  it('R12: show which deployment is left alone, and forget the state it was in before', async () => {
    const metrics = createMetrics();
    const standing = { upstream: 'a', model: 'm', aliases: [], availableInMs: 0, inFlight: 2, failures: 5 };
    const textOf = (state: 'open' | 'closed') =>
      metrics.text(sources({ deployments: () => [{ ...standing, name: 'a/m', state }] }));
    expect(await textOf('closed')).toContain('rightsize_deployment_state{deployment="a/m",state="closed"} 1');
    const text = await textOf('open');
    expect(text).toContain('rightsize_deployment_state{deployment="a/m",state="open"} 1');
    expect(text).not.toContain('state="closed"');
    expect(text).toContain('rightsize_deployment_active_requests{deployment="a/m"} 2');
  });

  it('count requests, attempts, tokens and dollars of what has ended', async () => {
    const text = await lines(answered, answered, {
      ...answered,
      answeredBy: 'student',
      cost: 0,
      attempts: 0,
      durationMs: 1,
    });
    expect(text).toContain(
      'rightsize_requests_total{endpoint="chat-completions",status="200",answered_by="teacher"} 2',
    );
    expect(text).toContain(
      'rightsize_requests_total{endpoint="chat-completions",status="200",answered_by="student"} 1',
    );
    expect(text).toContain('rightsize_upstream_attempts_total{deployment="default"} 4');
    expect(text).toContain('rightsize_tokens_total{direction="input",answered_by="teacher"} 200');
    expect(text).toContain('rightsize_cost_usd_total 1');
    expect(text).toContain(
      'rightsize_request_duration_seconds_bucket{le="0.25",endpoint="chat-completions",answered_by="teacher"} 2',
    );
  });

  it('tell apart answers of unknown price, and never take them for free ones', async () => {
    const text = await lines({ ...answered, cost: null }, { ...answered, cost: null, status: 500, error: 'internal' });
    expect(text).toContain('rightsize_unpriced_requests_total 1');
    expect(text).toContain('rightsize_cost_usd_total 0');
    expect(text).toContain('rightsize_errors_total{code="internal"} 1');
  });

  it('show what capture and tasks say at that moment, however often they are asked', async () => {
    const metrics = createMetrics();
    await metrics.text(sources());
    const text = (await metrics.text(sources())).split('\n');
    expect(text).toContain('rightsize_capture_dropped_total 6');
    expect(text).toContain('rightsize_capture_failures_total 2');
    expect(text).toContain('rightsize_redacted_stretches_total{tenant="shop",recogniser="email"} 4');
    expect(text).toContain('rightsize_active_requests 3');
    expect(text).toContain(
      'rightsize_task_stage{task="task_1",name="spam \\"filter\\"",tenant="telco",stage="shadow"} 1',
    );
    expect(text).toContain('rightsize_build_info{version="1.2.3"} 1');
    const later = await metrics.text(sources({ engine: { status: () => [{ ...task, stage: 'live' }] } }));
    expect(later).not.toContain('stage="shadow"');
  });

  it('give lines of their own to the tasks with most calls alone', async () => {
    const many = Array.from({ length: 300 }, (_, calls) => ({
      ...task,
      calls,
      task: { ...task.task, id: `t${calls}` },
    }));
    const text = await createMetrics().text(sources({ engine: { status: () => many } }));
    expect(text.match(/^rightsize_task_calls\{/gm)).toHaveLength(200);
    expect(text).toContain('task="t299"');
    expect(text).not.toContain('task="t5"');
  });
});
