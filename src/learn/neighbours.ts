import { type Random, shuffled } from '../records/random.ts';
import { mainDirections } from './main-directions.ts';
import { portableExp, portableLog } from './portable-math.ts';
import type { Floats, Workspace } from './workspace.ts';
import { createWorkspace, pieceBytes } from './workspace.ts';

/** Training rows that a student remembers: where each lies, and what its label is. */
export interface NeighboursContents {
  /** Dimensions of a code, a multiple of 16. */
  readonly dimensions: number;
  /** Vector dimensions × code dimensions. */
  readonly projection: Float32Array;
  /** Rows × dimensions: unit vectors in steps of 1/254. */
  readonly codes: Int8Array;
  /** Class of each row. */
  readonly classes: Uint16Array;
}

/** 128 of MiniLM's 384 dimensions tell neighbours apart as well as all (docs/experiments.md). */
const mostDimensions = 128;
const mostRows = 8000;
/** How fast a neighbour's say falls with its distance: e^(40 · cosine). 20 to 80 differ little; 40 was best on most tasks. */
const sharpness = 40;
/** What each label has without any neighbour, shared out by how frequent it is. */
const priorMass = 0.3;
const codeSteps = 254;
const querySteps = 8192;
/** Neighbours so much farther than the nearest count nothing: e^−16. */
const farther = 0.4;

/** What is remembered of the training rows: all of them, or an even sample of many. */
export function rememberRows(
  vectors: readonly Float32Array[],
  targets: Int32Array,
  random: Random,
): { readonly contents: NeighboursContents; readonly kept: readonly number[] } {
  const everyRow = Array.from(targets, (_, row) => row);
  const kept = everyRow.length <= mostRows ? everyRow : shuffled(everyRow, random).slice(0, mostRows);
  const size = vectors[0]?.length ?? 0;
  const count = Math.min(mostDimensions, size);
  const dimensions = Math.ceil(count / 16) * 16;
  const basis = mainDirections(vectors, size, count);
  const projection = new Float32Array(size * dimensions);
  for (let d = 0; d < size; d++)
    for (let c = 0; c < count; c++) projection[d * dimensions + c] = basis[d * count + c] as number;
  const codes = new Int8Array(kept.length * dimensions);
  const projected = new Float64Array(dimensions);
  kept.forEach((row, at) => {
    project(vectors[row] as Float32Array, projection, projected);
    const scale = unitScale(projected);
    for (let c = 0; c < dimensions; c++)
      codes[at * dimensions + c] = Math.max(
        -127,
        Math.min(127, Math.round((projected[c] as number) * scale * codeSteps)),
      );
  });
  const classes = Uint16Array.from(kept, (row) => targets[row] as number);
  return { contents: { dimensions, projection, codes, classes }, kept };
}

function project(vector: Float32Array, projection: Float32Array, out: Float64Array): void {
  out.fill(0);
  for (let d = 0; d < vector.length; d++) {
    const value = vector[d] as number;
    const at = d * out.length;
    for (let c = 0; c < out.length; c++) out[c] = (out[c] as number) + value * (projection[at + c] as number);
  }
}

function unitScale(vector: ArrayLike<number>): number {
  let square = 0;
  for (let c = 0; c < vector.length; c++) square += (vector[c] as number) ** 2;
  return square > 1e-12 ? 1 / Math.sqrt(square) : 0;
}

export function neighboursRoom({ dimensions, codes, classes, projection }: NeighboursContents): number {
  return (
    pieceBytes(codes.length, 1) +
    pieceBytes(dimensions, 2) +
    pieceBytes(classes.length, 4) +
    pieceBytes(projection.length, 4) +
    pieceBytes(dimensions, 4)
  );
}

/** A dense input in a workspace, as a sparse row: every index, and the values. */
export interface DenseInput {
  readonly indices: { readonly at: number };
  readonly values: Floats;
  /** Entries that are the vector itself. */
  readonly dimensions: number;
}

export interface OpenNeighbours {
  /**
   * Writes each label's logit for the vector in the input: the logarithm of its neighbours' say (Nadaraya 1964, with a
   * von Mises–Fisher kernel). Returns the cosine of the nearest. Remembered rows for which `isLeftOut` holds have no say.
   */
  logits(out: Float32Array, isLeftOut?: (row: number) => boolean): number;
}

export function openNeighbours(
  { dimensions, projection, codes, classes }: NeighboursContents,
  {
    input,
    support,
    workspace,
  }: { readonly input: DenseInput; readonly support: readonly number[]; readonly workspace: Workspace },
): OpenNeighbours {
  const { kernels } = workspace;
  const rows = workspace.bytes(codes.length);
  rows.view.set(codes);
  const directions = workspace.floats(projection.length);
  directions.view.set(projection);
  const projected = workspace.floats(dimensions);
  const query = workspace.shorts(dimensions);
  const dots = workspace.integers(classes.length);
  const total = support.reduce((sum, count) => sum + count, 0);
  const priors = Float64Array.from(support, (count) => (priorMass * count) / Math.max(1, total));
  const masses = new Float64Array(support.length);
  const step = 1 / (codeSteps * querySteps);
  return {
    logits(out, isLeftOut) {
      kernels.sumRows(input.indices.at, input.values.at, input.dimensions, directions.at, dimensions, projected.at);
      const scale = unitScale(projected.view);
      for (let c = 0; c < dimensions; c++)
        query.view[c] = Math.round((projected.view[c] as number) * scale * querySteps);
      kernels.dotBytes(rows.at, classes.length, dimensions, query.at, dots.at);
      let nearest = -codeSteps * querySteps;
      for (let row = 0; row < classes.length; row++)
        if ((dots.view[row] as number) > nearest && isLeftOut?.(row) !== true) nearest = dots.view[row] as number;
      masses.set(priors);
      const least = nearest - farther / step;
      for (let row = 0; row < classes.length; row++) {
        const dot = dots.view[row] as number;
        if (dot < least || isLeftOut?.(row) === true) continue;
        const label = classes[row] as number;
        masses[label] = (masses[label] as number) + portableExp(sharpness * step * (dot - nearest));
      }
      for (let k = 0; k < masses.length; k++) out[k] = portableLog(masses[k] as number);
      return nearest * step;
    },
  };
}

/** What the remembered rows of other folds say to each training row: logits, rows × width, and the nearest's cosine. */
export function neighboursOutOfFold(
  { contents, kept }: ReturnType<typeof rememberRows>,
  vectors: readonly Float32Array[],
  {
    foldOf,
    support,
    width,
  }: { readonly foldOf: Int32Array; readonly support: readonly number[]; readonly width: number },
): { readonly logits: Float32Array; readonly nearest: Float64Array } {
  const size = vectors[0]?.length ?? 0;
  const workspace = createWorkspace(neighboursRoom(contents) + 2 * pieceBytes(size, 4));
  const input = denseInput(size, workspace);
  const neighbours = openNeighbours(contents, { input, support, workspace });
  const foldOfKept = Int32Array.from(kept, (row) => foldOf[row] as number);
  const logits = new Float32Array(vectors.length * width);
  const nearest = new Float64Array(vectors.length);
  vectors.forEach((vector, row) => {
    input.values.view.set(vector);
    const fold = foldOf[row] as number;
    nearest[row] = neighbours.logits(logits.subarray(row * width), (at) => foldOfKept[at] === fold);
  });
  return { logits, nearest };
}

/** Room for one vector, with `extra` constant entries behind it. */
export function denseInput(dimensions: number, workspace: Workspace, extra = 0): DenseInput {
  const indices = workspace.integers(dimensions + extra);
  const values = workspace.floats(dimensions + extra);
  indices.view.forEach((_, at) => {
    indices.view[at] = at;
  });
  values.view.fill(1, dimensions);
  return { indices, values, dimensions };
}
