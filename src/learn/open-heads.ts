import { rectify } from './mlp-head.ts';
import { denseInput, neighboursRoom, openNeighbours } from './neighbours.ts';
import type { HeadKind, MlpContents, StudentContents, StudentManifest } from './student-contents.ts';
import { createWorkspace, type KernelKind, pieceBytes, type Workspace } from './workspace.ts';

/** The heads of a student in a workspace of their own: a sparse row of n-grams is written to `indices` and `values`. */
export interface OpenHeads {
  readonly indices: Int32Array;
  readonly values: Float32Array;
  /** One view a head, in the manifest's order: filled by `run`. */
  readonly logits: readonly Float32Array[];
  /**
   * Every head on the row's first `count` entries and the vector; heads that need a vector stay as they are without one.
   * Returns the cosine of the nearest remembered row; 1 where none are remembered.
   */
  run(count: number, vector: Float32Array | null): number;
}

export function openHeads(contents: StudentContents, kind: KernelKind): OpenHeads {
  const { manifest, weights, scales, mlp, vector, neighbours } = contents;
  const { width, heads } = manifest;
  const columns = scales.length;
  const workspace = createWorkspace(roomFor(contents), kind);
  const { kernels } = workspace;
  const words = { bytes: workspace.bytes(weights.length), scales: workspace.floats(columns) };
  words.bytes.view.set(weights);
  words.scales.view.set(scales);
  const indices = workspace.integers(columns);
  const values = workspace.floats(columns);
  const dimensions = manifest.encoder?.dimensions ?? 0;
  const input = denseInput(dimensions, workspace, 1);
  const vectorWeights = vector === null ? null : workspace.floats(vector.length);
  if (vector !== null) vectorWeights?.view.set(vector);
  const openedNeighbours =
    neighbours === null ? null : openNeighbours(neighbours, { input, support: manifest.trained.support, workspace });
  const runMlp = mlp === null ? null : openMlp(mlp, manifest, workspace);
  const sums = heads.map(({ kind: head }) => ({ head, out: workspace.floats(width) }));

  const runHead: Record<HeadKind, (count: number, out: { at: number; view: Float32Array }) => number> = {
    words: (count, out) => {
      kernels.sumByteRows(indices.at, values.at, count, words.bytes.at, words.scales.at, width, out.at);
      return 1;
    },
    mlp: (count, out) => {
      runMlp?.({ indices: indices.at, values: values.at, count, out: out.at });
      return 1;
    },
    vector: (_, out) => {
      if (vectorWeights !== null)
        kernels.sumRows(input.indices.at, input.values.at, dimensions + 1, vectorWeights.at, width, out.at);
      return 1;
    },
    neighbours: (_, out) => openedNeighbours?.logits(out.view) ?? 1,
  };
  return {
    indices: indices.view,
    values: values.view,
    logits: sums.map(({ out }) => out.view),
    run(count, given) {
      if (given !== null) input.values.view.set(given);
      let nearest = 1;
      for (const { head, out } of sums) {
        if (given === null && (head === 'vector' || head === 'neighbours')) continue;
        nearest = Math.min(nearest, runHead[head](count, out));
      }
      return nearest;
    },
  };
}

function roomFor({ manifest, scales, vector, neighbours }: StudentContents): number {
  const { width, hiddenUnits, heads, encoder } = manifest;
  const columns = scales.length;
  return (
    4 * pieceBytes(columns, 4) +
    pieceBytes(columns * width, 1) +
    pieceBytes(columns * hiddenUnits, 1) +
    3 * pieceBytes(hiddenUnits + 1, 4) +
    pieceBytes((hiddenUnits + 1) * width, 4) +
    heads.length * pieceBytes(width, 4) +
    2 * pieceBytes((encoder?.dimensions ?? 0) + 1, 4) +
    pieceBytes(vector?.length ?? 0, 4) +
    (neighbours === null ? 0 : neighboursRoom(neighbours))
  );
}

interface MlpCall {
  readonly indices: number;
  readonly values: number;
  readonly count: number;
  readonly out: number;
}

function openMlp(
  mlp: MlpContents,
  { width, hiddenUnits }: StudentManifest,
  workspace: Workspace,
): (call: MlpCall) => void {
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
  return ({ indices, values, count, out }) => {
    kernels.sumByteRows(indices, values, count, first.at, scales.at, hiddenUnits, hidden.at);
    const active = rectify(hidden.view, activeIndices.view, activeValues.view);
    kernels.sumRows(activeIndices.at, activeValues.at, active, second.at, width, out);
  };
}
