import { readAnswer } from '../records/answer.ts';
import type { Call, Gold } from '../records/call.ts';
import { canonicalOf } from '../records/canonical-answer.ts';
import type { Example } from '../records/example.ts';
import type { LearnableShape } from '../records/output-shape.ts';
import type { TaskMatch } from '../records/task.ts';
import { canonicalGold } from './canonical-gold.ts';

/**
 * One call of a task as a row for learning. `gold` overrides the call's own (a person may verify later).
 * Null where the request failed: it is no call of the task. Cut answers, refusals and answers in another form keep
 * their place with a null label, because the application would have got them: they count as different, and never train.
 */
export function toExample(
  call: Call,
  match: TaskMatch,
  shape: LearnableShape,
  gold: Gold | null = call.gold,
): Example | null {
  const answer = readAnswer(call.response, call.status);
  if (answer.kind === 'none' && answer.why === 'error') return null;
  return {
    callId: call.id,
    at: call.at,
    slots: match.slots,
    label: canonicalOf(shape, answer),
    gold: gold === null ? null : canonicalGold(gold, shape),
    version: match.version,
  };
}
