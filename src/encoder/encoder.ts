import type { EncoderNeed } from '../records/encoder-need.ts';

/** Turns texts into vectors of meaning. Where it runs is its own affair; never on the event loop that serves. */
export interface Encoder {
  readonly need: EncoderNeed;
  /**
   * One vector of unit length a text, in order; zeros for a text without a single token.
   * Texts may be empty, very long (what stands behind the model's limit is not read) or broken Unicode.
   * @throws RightsizeError `encoder_failed`, `encoder_damaged`, `encoder_runtime_missing`, `interrupted` once it is closed.
   */
  encode(texts: readonly string[]): Promise<readonly Float32Array[]>;
  /** What is already known of a text, at once; null where it would have to be encoded. */
  cached(text: string): Float32Array | null;
  close(): Promise<void>;
}

/** The text that stands for one input. */
export function textOfInput(slots: readonly string[]): string {
  return slots.join('\n');
}
