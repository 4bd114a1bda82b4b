import { inputReader } from '../input-reader.ts';
import { portableExp } from '../portable-math.ts';
import type { EncoderNeed, StudentReading } from '../student-contract.ts';
import { createWorkspace, pieceBytes } from '../workspace.ts';
import { type ChosenSet, chooseSet } from './choose-set.ts';
import { type LabelSetContents, parseLabelSetFile } from './label-set-file.ts';

/** Says which of a closed set of labels an input has: any number of them. */
export interface LabelSetHead {
  /** Canonical JSON of each. */
  readonly labels: readonly string[];
  readonly encoder: EncoderNeed | null;
  /** `vector` is of the encoder that the head needs. Without it a head that needs one is sure of nothing. */
  predict(slots: readonly string[], vector?: Float32Array | null): LabelSetGuess;
}

export interface LabelSetGuess extends ChosenSet {
  /** Of each label for itself. */
  readonly probabilities: Float64Array;
  readonly unseenShare: number;
}

/** @throws RightsizeError `student_damaged`. */
export function readLabelSetHead(bytes: Uint8Array, reading: StudentReading = {}): LabelSetHead {
  return openLabelSetHead(parseLabelSetFile(bytes, reading), reading);
}

export function openLabelSetHead(
  { manifest, hashes, idf, scales, weights }: LabelSetContents,
  { kernels: kind = 'wasm' }: StudentReading = {},
): LabelSetHead {
  const { width, labels, encoder, temperature, features } = manifest;
  const columns = scales.length;
  const dimensions = encoder?.dimensions ?? 0;
  const workspace = createWorkspace(
    3 * pieceBytes(columns, 4) + pieceBytes(columns * width, 1) + pieceBytes(width, 4) + 64,
    kind,
  );
  const { kernels } = workspace;
  const bytes = workspace.bytes(weights.length);
  bytes.view.set(weights);
  const scale = workspace.floats(columns);
  scale.view.set(scales);
  const indices = workspace.integers(columns);
  const values = workspace.floats(columns);
  const sums = workspace.floats(width);
  const reader = inputReader({ hashes, idf, unknownIdf: features.unknownIdf }, indices.view, values.view);
  return {
    labels,
    encoder,
    predict(slots, vector = null) {
      const { count, unseenShare } = reader.read(slots);
      for (let d = 0; d < dimensions; d++) {
        indices.view[count + d] = features.count + 1 + d;
        values.view[count + d] = vector?.[d] ?? 0;
      }
      kernels.sumByteRows(indices.at, values.at, count + dimensions, bytes.at, scale.at, width, sums.at);
      const probabilities = Float64Array.from(labels, (_, k) => sigmoid((sums.view[k] as number) / temperature));
      const chosen = chooseSet(probabilities, manifest.sets);
      const isBlind = dimensions > 0 && vector === null;
      return { ...chosen, ...(isBlind && { probability: 0, margin: 0 }), probabilities, unseenShare };
    },
  };
}

export function sigmoid(logit: number): number {
  return 1 / (1 + portableExp(-Math.max(-30, Math.min(30, logit))));
}
