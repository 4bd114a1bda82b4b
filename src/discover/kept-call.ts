import type { Answer } from '../records/answer.ts';
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

/** Characters in its texts, and what a call costs beside them. */
export function sizeOf(call: KeptCall): number {
  return call.prompt.texts.reduce((sum, text) => sum + text.length, 100);
}
