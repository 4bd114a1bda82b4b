import { type Encoder, textOfInput } from '../encoder/encoder.ts';
import { RightsizeError } from '../errors.ts';
import type { Prediction, Student } from '../learn/student.ts';

/** Asks a student about one of the inputs that were announced. */
export type Asking = (slots: readonly string[]) => Prediction;

/**
 * A student that can be asked about these inputs at once: what it needs of the encoder is fetched beforehand.
 * @throws RightsizeError `encoder_not_available` where it needs another encoder than the one at hand, and what `encode` throws.
 */
export async function askStudent(
  student: Student,
  inputs: readonly (readonly string[])[],
  encoder: Encoder | null,
): Promise<Asking> {
  if (student.encoder === null) return (slots) => student.predict(slots);
  if (encoder === null || encoder.need.id !== student.encoder.id)
    throw new RightsizeError(
      'encoder_not_available',
      `The student needs the sentence encoder ${student.encoder.id.slice(0, 12)}, which is not at hand.`,
    );
  const texts = [...new Set(inputs.map(textOfInput))];
  const vectors = await encoder.encode(texts);
  const known = new Map(texts.map((text, i) => [text, vectors[i]]));
  return (slots) => student.predict(slots, known.get(textOfInput(slots)) ?? null);
}
