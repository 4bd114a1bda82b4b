import type { IncomingHttpHeaders } from 'node:http';
import type * as OpenTelemetry from '@opentelemetry/api';
import type { RequestEnd } from '../gateway/gateway.ts';

export interface Tracing {
  /** One span for a request that has ended, below the caller's where `traceparent` names one. Nothing of its content. */
  record(end: RequestEnd, headers: IncomingHttpHeaders): void;
}

/**
 * Spans through OpenTelemetry's API, for whatever SDK the user has started. Null where the API is not installed.
 * Attributes follow OpenTelemetry's conventions for generative AI; ours begin with `rightsize.`.
 */
export async function openTracing(version: string): Promise<Tracing | null> {
  const api = await import('@opentelemetry/api').catch(() => null);
  if (api === null) return null;
  const tracer = api.trace.getTracer('rightsize', version);
  return {
    record(end, headers) {
      const endedAt = Date.now();
      const span = tracer.startSpan(
        spanName(end),
        { kind: api.SpanKind.SERVER, startTime: endedAt - end.durationMs },
        api.propagation.extract(api.context.active(), headers),
      );
      // Without an SDK, and for what its sampler leaves out.
      if (!span.isRecording()) return;
      span.setAttributes(attributesOf(end));
      if (end.status >= 500) span.setStatus({ code: api.SpanStatusCode.ERROR });
      span.end(endedAt);
    },
  };
}

function spanName({ endpoint, model }: RequestEnd): string {
  return `${endpoint ?? 'request'}${model === null ? '' : ` ${model}`}`;
}

const operations: Readonly<Record<string, string>> = { 'chat-completions': 'chat' };

function attributesOf(end: RequestEnd): OpenTelemetry.Attributes {
  const attributes = {
    'http.response.status_code': end.status,
    'error.type': end.error,
    'gen_ai.operation.name': operations[end.endpoint ?? ''] ?? null,
    'gen_ai.request.model': end.model,
    'gen_ai.usage.input_tokens': end.usage?.inputTokens ?? null,
    'gen_ai.usage.output_tokens': end.usage?.outputTokens ?? null,
    'rightsize.answered_by': end.answeredBy,
    'rightsize.attempts': end.attempts,
    'rightsize.cost_usd': end.cost,
    'rightsize.deployment': end.deployment,
    'rightsize.task': end.task,
    'rightsize.tenant': end.tenant,
  };
  return Object.fromEntries(
    Object.entries(attributes).filter((entry): entry is [string, string | number] => entry[1] !== null),
  );
}
