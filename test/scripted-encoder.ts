import type { Encoder } from '../src/encoder/encoder.ts';
import type { EncoderNeed } from '../src/records/encoder-need.ts';

/** An encoder whose every vector a test has written, and which can be made to fail or to take its time. */
export interface ScriptedEncoder extends Encoder {
  /** Texts asked for, in order. */
  readonly asked: string[];
  failure: Error | null;
  /** Resolves when texts may be answered. */
  gate: Promise<void>;
}

export function scriptedEncoder(
  vectorOf: (text: string) => readonly number[],
  need: EncoderNeed = { id: 'scripted', dimensions: 2 },
): ScriptedEncoder {
  const known = new Map<string, Float32Array>();
  return {
    need,
    asked: [],
    failure: null,
    gate: Promise.resolve(),
    async encode(texts) {
      this.asked.push(...texts);
      await this.gate;
      if (this.failure !== null) throw this.failure;
      for (const text of texts) known.set(text, Float32Array.from(vectorOf(text)));
      return texts.map((text) => known.get(text) ?? new Float32Array(need.dimensions));
    },
    cached: (text) => known.get(text) ?? null,
    close: async () => {},
  };
}
