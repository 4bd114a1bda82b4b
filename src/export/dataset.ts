import { curate } from '../curate/curate.ts';
import { saidIn, type ToolCall } from '../records/answer.ts';
import { answerOf } from '../records/canonical-answer.ts';
import type { Example } from '../records/example.ts';
import type { LearnableShape } from '../records/output-shape.ts';

/** One example of a data set, as a line of JSON holds it. */
export interface DatasetRow {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The text in each slot of the prompt. */
  readonly input: readonly string[];
  /** Canonical; null where the teacher's answer had another form (cut, refused). */
  readonly label: string | null;
  /** The whole answer as the application is used to it: text, or tool calls. Null where there is none. */
  readonly answer: string | readonly ToolCall[] | null;
  /** What a person said, canonical; only where somebody did. */
  readonly gold?: string;
  /** As `train` divides them: forward in time, near-duplicates kept apart. `none`: a repeat, or nothing to learn from. */
  readonly split: Split;
}

export type Split = 'train' | 'certify' | 'judge' | 'none';

/** The examples of a task as rows, oldest first. */
export function datasetRows(
  examples: readonly Example[],
  shape: LearnableShape,
  frozenGold: ReadonlySet<string>,
): readonly DatasetRow[] {
  const parts = curate(examples, { frozenGold });
  const splits = new Map<string, Split>();
  for (const split of ['train', 'certify', 'judge'] as const)
    for (const { callId } of parts[split]) splits.set(callId, split);
  return examples.map(({ callId, at, slots, label, gold }) => ({
    id: callId,
    at: new Date(at).toISOString(),
    input: slots,
    label,
    answer: answerText(shape, label, slots),
    ...(gold === null ? {} : { gold }),
    split: splits.get(callId) ?? 'none',
  }));
}

function answerText(shape: LearnableShape, label: string | null, slots: readonly string[]): DatasetRow['answer'] {
  const answer = label === null ? null : answerOf(shape, label, slots);
  return answer === null ? null : saidIn(answer);
}
