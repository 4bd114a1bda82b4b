import type { EncoderNeed } from '../records/encoder-need.ts';
import type { KernelKind } from './workspace.ts';

export type { EncoderNeed } from '../records/encoder-need.ts';

/** One input and the teacher's answer to it. */
export interface TrainingRow {
  readonly slots: readonly string[];
  /** The canonical answer: a label, or for an answer of several fields its canonical JSON. */
  readonly label: string;
  /** How much the row counts; 1 by default. */
  readonly weight?: number;
  /** The sentence encoder's vector of the input, unit length; absent without an encoder. */
  readonly vector?: Float32Array;
}

/** What a student says to one input. */
export interface Prediction {
  /** The canonical answer. */
  readonly label: string;
  /** Calibrated probability that `label` is what the teacher would say; between 0 and 1, both excluded. */
  readonly score: number;
  /** Of the whole answer among all answers, before calibration. */
  readonly probability: number;
  /** Probability of the label less that of the runner-up, the least of them where there are several fields; 1 where nothing competes. */
  readonly margin: number;
  /** Share of the input's n-grams, weighed by idf, that no training row held; 1 for an empty input. */
  readonly unseenShare: number;
}

/** How a student's bytes are read. */
export interface StudentReading {
  /** `wasm` by default; both give the same predictions to the last bit. */
  readonly kernels?: KernelKind;
  /** The bytes were checked against their hash before, in this process or when they were packed: once is enough. */
  readonly isVerified?: boolean;
}

/** A small model of one task: data and a pure function, the same in Node, a worker, a browser. */
export interface Student {
  /** Hash of the bytes, hex. */
  readonly id: string;
  /** The closed set that answers come from; empty where they are put together from fields. */
  readonly labels: readonly string[];
  /** Null where n-grams are enough. A student that needs an encoder is not asked without a vector of that encoder. */
  readonly encoder: EncoderNeed | null;
  /** Never fails: texts may be empty, very long (the first 20,000 characters of a slot count), or broken Unicode. */
  predict(slots: readonly string[], vector?: Float32Array | null): Prediction;
  toBytes(): Uint8Array;
}
