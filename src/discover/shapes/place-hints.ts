import type { FieldValue } from '../../records/shapes/shape-field.ts';
import type { Copied } from './copied-share.ts';

/** What is known of a place beside the values that stood there. */
export interface PlaceHints {
  /** Text of the prompt that may list the values of a closed set. */
  readonly named: string;
  /** How often what stands below was copied from the input, counted over all answers; null where nobody counted. `*`: items of a list. */
  readonly copies: (below: readonly string[]) => Copied | null;
  /** What the place was last held to be; null where it is new. */
  readonly before: FieldValue['kind'] | null;
}
