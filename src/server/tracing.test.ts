import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scriptedEngine } from '../../test/scripted-engine.ts';
import { completion, sendJson, startUpstream } from '../../test/scripted-upstream.ts';
import { completeSettings } from '../settings.ts';
import { startInstallation } from './start-installation.ts';

const exporter = new InMemorySpanExporter();
const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';

/** W3C trace context, which an SDK for Node registers by itself. */
const traceContext = {
  inject: () => {},
  fields: () => ['traceparent'],
  extract(context: Parameters<typeof trace.setSpanContext>[0], carrier: unknown) {
    const [, id = '', span = ''] = String((carrier as Record<string, string>).traceparent ?? '').split('-');
    return span === '' ? context : trace.setSpanContext(context, { traceId: id, spanId: span, traceFlags: 1 });
  },
};

describe('spans, where the user has started an SDK of OpenTelemetry', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tracing-'));
  beforeAll(() => {
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    propagation.setGlobalPropagator(traceContext);
  });
  afterAll(() => {
    trace.disable();
    propagation.disable();
    rmSync(folder, { recursive: true });
  });

  it('stand below the span of the caller and say what came of the request, without its content', async () => {
    const upstream = await startUpstream((response, { body }) =>
      body.includes('fail')
        ? sendJson(response, 503, { error: { message: 'no' } })
        : sendJson(response, 200, completion('yes')),
    );
    const installation = await startInstallation({
      settings: completeSettings({ data: folder, port: 0, upstream: { baseUrl: upstream.baseUrl } }),
      version: '1.2.3',
      log: pino({ level: 'silent' }),
      openEngine: async () => scriptedEngine(),
    });
    for (const content of ['a secret question', 'fail'])
      await fetch(`${installation.origin}/v1/chat/completions`, {
        method: 'POST',
        headers: { traceparent: `00-${traceId}-${parentId}-01` },
        body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content }] }),
      }).then((response) => response.text());
    await installation.stop();
    await upstream.close();

    const [answered, failed] = exporter.getFinishedSpans();
    expect(answered).toMatchObject({ name: 'chat-completions gpt-4o-mini', kind: SpanKind.SERVER });
    expect([answered?.spanContext().traceId, answered?.parentSpanContext?.spanId]).toEqual([traceId, parentId]);
    expect(answered?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.usage.input_tokens': 12,
      'http.response.status_code': 200,
      'rightsize.answered_by': 'teacher',
    });
    expect(JSON.stringify(answered?.attributes)).not.toContain('secret');
    expect(failed?.status.code).toBe(SpanStatusCode.ERROR);
  });
});
