import type { EncoderNeed } from '../records/encoder-need.ts';
import { type Encoder, textOfInput } from './encoder.ts';

/** The vector of one input, and whose it is. */
export interface InputVector {
  /** Id of the encoder. */
  readonly encoder: string;
  /** The text that was encoded. */
  readonly text: string;
  readonly vector: Float32Array;
}

/** The vector that a student may take for this input: of the encoder it was trained with, and of this very text. */
export function vectorFor(
  need: EncoderNeed | null,
  slots: readonly string[],
  input: InputVector | null,
): Float32Array | null {
  if (need === null || input === null || input.encoder !== need.id) return null;
  return input.text === textOfInput(slots) ? input.vector : null;
}

/** The vector of an input; null where the encoder fails, of which `onFailure` is told. Never rejects. */
export async function encodeInput(
  encoder: Encoder,
  slots: readonly string[],
  onFailure: (error: unknown) => void = () => {},
): Promise<InputVector | null> {
  const text = textOfInput(slots);
  try {
    const [vector] = await encoder.encode([text]);
    return vector === undefined ? null : { encoder: encoder.need.id, text, vector };
  } catch (error) {
    onFailure(error);
    return null;
  }
}

/** Rows with the vectors of their inputs. Throws what `encode` throws. */
export async function withVectors<Row extends { readonly slots: readonly string[] }>(
  rows: readonly Row[],
  encoder: Encoder,
): Promise<readonly (Row & { readonly vector: Float32Array })[]> {
  const vectors = await encoder.encode(rows.map(({ slots }) => textOfInput(slots)));
  return rows.map((row, i) => ({ ...row, vector: vectors[i] as Float32Array }));
}
