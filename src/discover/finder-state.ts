import type { KeptCall } from './kept-call.ts';
import type { KnownTaskState } from './known-task.ts';
import type { PromptBucket } from './prompt-bucket.ts';
import type { Prompt } from './read-prompt.ts';

/** A finder as JSON keeps it. */
export interface FinderState {
  readonly format: 1;
  readonly tasks: readonly KnownTaskState[];
  readonly buckets: readonly BucketState[];
}

/** The unmatched calls of one structure, which is written once. */
export interface BucketState {
  readonly structure: string;
  readonly kept: readonly KeptState[];
}

type KeptState = Omit<KeptCall, 'prompt'> & { readonly prompt: Omit<Prompt, 'structure'> };

/** Unmatched calls that survive a restart: the latest. */
const mostKept = 4000;

export function bucketsToJson(buckets: readonly PromptBucket[]): readonly BucketState[] {
  const states: BucketState[] = [];
  let left = mostKept;
  for (const { structure, kept } of [...buckets].reverse()) {
    if (kept.length === 0 || left <= 0) continue;
    const latest = kept.slice(-left);
    left -= latest.length;
    states.push({ structure, kept: latest.map(keptToJson) });
  }
  return states.reverse();
}

export function keptFromJson({ structure, kept }: BucketState): readonly KeptCall[] {
  return kept.map((call) => ({ ...call, prompt: { ...call.prompt, structure } }));
}

function keptToJson(call: KeptCall): KeptState {
  const { structure: _, ...prompt } = call.prompt;
  return { ...call, prompt };
}
