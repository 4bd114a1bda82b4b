import { inputReader } from './input-reader.ts';
import { readSignals, scoreOf, signalNames } from './score-model.ts';
import { softmax } from './softmax.ts';
import {
  parseStudentFile,
  type StudentContents,
  type StudentManifest,
  studentFileId,
  writeStudentFile,
} from './student-file.ts';
import { createWorkspace, type KernelKind, pieceBytes } from './workspace.ts';

export type { StudentManifest } from './student-file.ts';

/** One input and the teacher's answer to it. */
export interface TrainingRow {
  readonly slots: readonly string[];
  readonly label: string;
  /** How much the row counts; 1 by default. */
  readonly weight?: number;
}

/** What a student says to one input. */
export interface Prediction {
  readonly label: string;
  /** Calibrated probability that `label` is what the teacher would say; between 0 and 1, both excluded. */
  readonly score: number;
  /** Of the label, among all labels; tempered. */
  readonly probability: number;
  /** Probability of the label less that of the runner-up; 1 where there is one label only. */
  readonly margin: number;
  /** Share of the input's n-grams, weighed by idf, that no training row held; 1 for an empty input. */
  readonly unseenShare: number;
}

/** A small model of one task: data and a pure function, the same in Node, a worker, a browser. */
export interface Student {
  /** Hash of the bytes, hex. */
  readonly id: string;
  readonly labels: readonly string[];
  readonly manifest: StudentManifest;
  /** Never fails: texts may be empty, very long (the first 20,000 characters of a slot count), or broken Unicode. */
  predict(slots: readonly string[]): Prediction;
  toBytes(): Uint8Array;
}

/** @throws RightsizeError `student_damaged` when the bytes were cut, altered, or written by a newer version. */
export function readStudent(bytes: Uint8Array, kind: KernelKind = 'wasm'): Student {
  return openStudent(parseStudentFile(bytes), bytes.slice(), kind);
}

/** A student straight from its contents. */
export function buildStudent(contents: StudentContents): Student {
  return openStudent(contents, writeStudentFile(contents), 'wasm');
}

function openStudent(contents: StudentContents, bytes: Uint8Array, kind: KernelKind): Student {
  const { manifest } = contents;
  const { labels, width } = manifest;
  const columns = manifest.features.count + 1;
  const workspace = createWorkspace(
    3 * pieceBytes(columns, 4) + pieceBytes(columns * width, 1) + pieceBytes(width, 4),
    kind,
  );
  const weights = workspace.bytes(columns * width);
  const scales = workspace.floats(columns);
  const indices = workspace.integers(columns);
  const values = workspace.floats(columns);
  const logits = workspace.floats(width);
  weights.view.set(contents.weights);
  scales.view.set(contents.scales);
  const reader = inputReader(
    { hashes: contents.hashes, idf: contents.idf, unknownIdf: manifest.features.unknownIdf },
    indices.view,
    values.view,
  );
  const probabilities = new Float64Array(labels.length);
  const signals = new Float64Array(signalNames.length);

  return {
    id: studentFileId(bytes),
    labels,
    manifest,
    predict(slots) {
      const { count, unseenShare } = reader.read(slots);
      workspace.kernels.sumByteRows(indices.at, values.at, count, weights.at, scales.at, width, logits.at);
      softmax(logits.view, labels.length, manifest.temperature, probabilities);
      const { best, second } = topTwo(probabilities);
      const top = probabilities[best] as number;
      const runnerUp = second < 0 ? 0 : (probabilities[second] as number);
      readSignals(
        logits.view,
        best,
        second,
        { temperature: manifest.temperature, probability: top, unseenShare },
        signals,
      );
      return {
        label: labels[best] as string,
        score: scoreOf(manifest.score, signals),
        probability: top,
        margin: top - runnerUp,
        unseenShare,
      };
    },
    toBytes: () => bytes.slice(),
  };
}

/** Positions of the largest and second largest; −1 where there is none. */
export function topTwo(
  values: ArrayLike<number>,
  length = values.length,
): { readonly best: number; readonly second: number } {
  let best = 0;
  let second = -1;
  for (let k = 1; k < length; k++) {
    if ((values[k] as number) > (values[best] as number)) {
      second = best;
      best = k;
    } else if (second < 0 || (values[k] as number) > (values[second] as number)) second = k;
  }
  return { best, second };
}
