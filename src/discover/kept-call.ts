import type { Answer } from '../records/answer.ts';
import { foldLabel } from '../records/output-shape.ts';
import type { Prompt } from './read-prompt.ts';

/** A finished call, as far as finding tasks needs it. */
export interface KeptCall {
  readonly id: string;
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
  readonly tenant: string;
  readonly task: string | null;
  readonly prompt: Prompt;
  readonly answer: Answer;
}

/** Characters in its texts and answer, and what a call costs beside them. */
export function sizeOf(call: KeptCall): number {
  const { answer } = call;
  const answerLength = answer.kind === 'text' ? answer.text.length : 0;
  return call.prompt.texts.reduce((sum, text) => sum + text.length, 100 + answerLength);
}

/** An answer to compare with others; null where there was none. */
export function answerKey(answer: Answer): string | null {
  if (answer.kind === 'none') return null;
  return answer.kind === 'text'
    ? foldLabel(answer.text.slice(0, 200))
    : answer.calls.map((call) => call.name).join(' ');
}
