import type { Encoder } from '../../src/encoder/encoder.ts';
import { RightsizeError } from '../../src/errors.ts';
import { benchEncoder, type Vectors } from './vector-cache.ts';

/** An encoder that knows the texts of a set by heart, for loops that would encode the same texts for every seed. */
export function cachedEncoder(vectors: Vectors): Encoder {
  return {
    need: benchEncoder,
    encode: async (texts) =>
      texts.map((text) => {
        const vector = vectors.get(text);
        if (vector === undefined) throw new RightsizeError('encoder_failed', `no vector of ${JSON.stringify(text)}`);
        return vector;
      }),
    cached: (text) => vectors.get(text) ?? null,
    close: async () => {},
  };
}
