import type { UpstreamResponse } from '../providers/provider.ts';
import type { Decision } from './engine.ts';

/** Who answered and why. Absent where there is nothing to say. */
export function routeHeaders({ route, taskName }: Decision): Record<string, string> {
  const isStudent = route.answeredBy === 'student';
  const task = taskName ?? route.task;
  return {
    'x-rightsize-call': route.callId,
    'x-rightsize-answered-by': route.answeredBy,
    'x-rightsize-reason': route.reason,
    ...(task === null ? {} : { 'x-rightsize-task': headerText(task) }),
    ...(route.student === null ? {} : { 'x-rightsize-student': headerText(route.student) }),
    ...(route.score === null ? {} : { 'x-rightsize-score': route.score.toFixed(4) }),
    ...(isStudent ? { 'x-rightsize-usage': 'estimated' } : {}),
  };
}

/** Which deployment answered, and how many times one was asked. Nothing where there is only one upstream. */
export function deploymentHeaders({ deployment, attempts }: UpstreamResponse): Record<string, string> {
  if (deployment === undefined) return {};
  return { 'x-rightsize-deployment': headerText(deployment), 'x-rightsize-attempts': String(attempts ?? 1) };
}

/** Header values are ASCII; everything else is percent-encoded as in a URL. */
export function headerText(text: string): string {
  if (/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text)) return text;
  return [...Buffer.from(text)]
    .map((byte) =>
      byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');
}
