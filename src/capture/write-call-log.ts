import type { Call } from '../records/call.ts';

/** One line of the call log, without its line end; what has its default is left away. */
export function callLogLine(call: Call): string {
  const { id, at, tenant, latencyMs, status, request, response, task, gold, tags } = call;
  return JSON.stringify({
    id,
    at: new Date(at).toISOString(),
    tenant,
    ...(latencyMs === null ? {} : { latencyMs }),
    status,
    request,
    response,
    ...(task === null ? {} : { task }),
    ...(gold === null ? {} : { gold }),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
  });
}

/** The call log as text, line by line, for a stream or file. */
export async function* writeCallLog(calls: AsyncIterable<Call> | Iterable<Call>): AsyncIterable<string> {
  for await (const call of calls) yield `${callLogLine(call)}\n`;
}
