import { inputReader } from './input-reader.ts';
import { rectify } from './mlp-head.ts';
import { readSignals, scoreOf, signalNames } from './score-model.ts';
import { softmax } from './softmax.ts';
import type { Student, StudentReading } from './student-contract.ts';
import {
  type MlpContents,
  parseStudentFile,
  type StudentContents,
  type StudentManifest,
  studentFileId,
  writeStudentFile,
} from './student-file.ts';
import { topTwo } from './top-two.ts';
import { createWorkspace, type KernelKind, pieceBytes, type Workspace } from './workspace.ts';

/** A student whose answer is one label of a closed set. */
export interface LabelStudent extends Student {
  readonly labels: readonly string[];
  readonly manifest: StudentManifest;
}

/** @throws RightsizeError `student_damaged` when the bytes were cut, altered, or written by a newer version. */
export function readLabelStudent(
  bytes: Uint8Array,
  { kernels = 'wasm', isVerified = false }: StudentReading = {},
): LabelStudent {
  return openStudent(parseStudentFile(bytes, { isVerified }), bytes.slice(), kernels);
}

/** A student straight from its contents. */
export function buildLabelStudent(contents: StudentContents): LabelStudent {
  return openStudent(contents, writeStudentFile(contents), 'wasm');
}

function openStudent(contents: StudentContents, bytes: Uint8Array, kind: KernelKind): LabelStudent {
  const { manifest } = contents;
  const { labels, temperature } = manifest;
  const head = openHead(contents, kind);
  const reader = inputReader(
    { hashes: contents.hashes, idf: contents.idf, unknownIdf: manifest.features.unknownIdf },
    head.indices,
    head.values,
  );
  const probabilities = new Float64Array(labels.length);
  const signals = new Float64Array(signalNames.length);

  return {
    id: studentFileId(bytes),
    labels,
    encoder: null,
    manifest,
    predict(slots) {
      const { count, unseenShare } = reader.read(slots);
      const logits = head.logits(count);
      softmax(logits, labels.length, temperature, probabilities);
      const { best, second } = topTwo(probabilities, labels.length);
      const probability = probabilities[best] as number;
      const support = manifest.trained.support[best] as number;
      readSignals({ logits, best, second, temperature, probability, unseenShare, support, known: count - 1 }, signals);
      return {
        label: labels[best] as string,
        score: scoreOf(manifest.score, signals),
        probability,
        margin: probability - (second < 0 ? 0 : (probabilities[second] as number)),
        unseenShare,
      };
    },
    toBytes: () => bytes.slice(),
  };
}

/** The heads of a student in a workspace of their own: a sparse row is written to `indices` and `values`. */
interface OpenHead {
  readonly indices: Int32Array;
  readonly values: Float32Array;
  /** Of the row's first `count` entries. Overwritten by the next call. */
  logits(count: number): Float32Array;
}

function openHead({ manifest, weights, scales, mlp }: StudentContents, kind: KernelKind): OpenHead {
  const { width, hiddenUnits } = manifest;
  const columns = scales.length;
  const workspace = createWorkspace(
    4 * pieceBytes(columns, 4) +
      pieceBytes(columns * (width + hiddenUnits), 1) +
      3 * pieceBytes(hiddenUnits + 1, 4) +
      pieceBytes((hiddenUnits + 1) * width, 4) +
      2 * pieceBytes(width, 4) +
      64,
    kind,
  );
  const { kernels } = workspace;
  const linear = { bytes: workspace.bytes(weights.length), scales: workspace.floats(columns) };
  linear.bytes.view.set(weights);
  linear.scales.view.set(scales);
  const indices = workspace.integers(columns);
  const values = workspace.floats(columns);
  const sums = workspace.floats(width);
  const addMlp = mlp === null ? null : openMlp(mlp, manifest, workspace);
  return {
    indices: indices.view,
    values: values.view,
    logits(count) {
      kernels.sumByteRows(indices.at, values.at, count, linear.bytes.at, linear.scales.at, width, sums.at);
      addMlp?.(indices.at, values.at, count, sums.view);
      return sums.view;
    },
  };
}

/** Adds the MLP's logits to `sums`. Its second layer is already divided by its temperature. */
function openMlp(
  mlp: MlpContents,
  { width, hiddenUnits }: StudentManifest,
  workspace: Workspace,
): (indices: number, values: number, count: number, sums: Float32Array) => void {
  const { kernels } = workspace;
  const first = workspace.bytes(mlp.first.length);
  const scales = workspace.floats(mlp.scales.length);
  const second = workspace.floats(mlp.second.length);
  first.view.set(mlp.first);
  scales.view.set(mlp.scales);
  second.view.set(mlp.second);
  const hidden = workspace.floats(hiddenUnits);
  const activeIndices = workspace.integers(hiddenUnits + 1);
  const activeValues = workspace.floats(hiddenUnits + 1);
  const logits = workspace.floats(width);
  return (indices, values, count, sums) => {
    kernels.sumByteRows(indices, values, count, first.at, scales.at, hiddenUnits, hidden.at);
    const active = rectify(hidden.view, activeIndices.view, activeValues.view);
    kernels.sumRows(activeIndices.at, activeValues.at, active, second.at, width, logits.at);
    for (let k = 0; k < width; k++) sums[k] = (sums[k] as number) + (logits.view[k] as number);
  };
}
