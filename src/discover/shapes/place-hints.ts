import type { Copied } from './copied-share.ts';

/** What is known of a place beside the values that stood there. */
export interface PlaceHints {
  /** Text of the prompt that may list the values of a closed set. */
  readonly named: string;
  /** How often what stands below was copied from the input, counted over all answers; null where nobody counted. `*`: items of a list. */
  readonly copies: (below: readonly string[]) => Copied | null;
}
