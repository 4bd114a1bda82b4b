import type { EncoderNeed } from '../records/encoder-need.ts';
import type { NeighboursContents } from './neighbours.ts';
import type { ScoreModel } from './score-model.ts';

/** The readable part of a student. */
export interface StudentManifest {
  readonly format: 'rightsize-student';
  readonly version: number;
  readonly labels: readonly string[];
  readonly features: {
    /** N-grams known, one column each; the bias has a column behind them. */
    readonly count: number;
    /** Weight of an unknown n-gram in the unseen share. */
    readonly unknownIdf: number;
  };
  /** Null where n-grams are enough. */
  readonly encoder: EncoderNeed | null;
  /** Its heads, and how their logits are added up; `words` always comes first. */
  readonly heads: readonly HeadEntry[];
  /** Units of the MLP; 0 without one. */
  readonly hiddenUnits: number;
  /** Dimensions of a neighbour's code; 0 without any. */
  readonly codeDimensions: number;
  /** Columns of a weight row: the labels, padded. */
  readonly width: number;
  readonly score: ScoreModel;
  readonly trained: {
    readonly rows: number;
    readonly seed: number;
    /** Rows of each label, in the order of `labels`. */
    readonly support: readonly number[];
    /** Inverse of the L2 penalty of the linear head over n-grams. */
    readonly strength: number;
  };
}

/** `words`: linear, over n-grams. `vector`: linear, over the sentence vector. `neighbours`: remembered rows. `mlp`: over n-grams. */
export type HeadKind = 'words' | 'vector' | 'neighbours' | 'mlp';

export interface HeadEntry {
  readonly kind: HeadKind;
  /** What the head's logits are multiplied with before they are added up. */
  readonly weight: number;
  /** What its logits are divided by where the head is heard alone. */
  readonly temperature: number;
}

/** Everything in a student file. */
export interface StudentContents {
  readonly manifest: StudentManifest;
  /** Hash of each column. */
  readonly hashes: Int32Array;
  readonly idf: Float32Array;
  /** What one step of a column's weights is worth; the bias is the last. */
  readonly scales: Float32Array;
  /** (count + 1) × width. */
  readonly weights: Int8Array;
  /** Added to the heads' sum, one a label. */
  readonly bias: Float32Array;
  readonly mlp: MlpContents | null;
  /** (dimensions + 1) × width; the last row is added to every input. */
  readonly vector: Float32Array | null;
  readonly neighbours: NeighboursContents | null;
}

/** The MLP's part: like the linear one, then the small second layer as it is. */
export interface MlpContents {
  readonly scales: Float32Array;
  /** (count + 1) × hiddenUnits. */
  readonly first: Int8Array;
  /** (hiddenUnits + 1) × width; the last row is the bias. */
  readonly second: Float32Array;
}

/** One array of a file, in the file's order. */
export interface ArrayEntry {
  readonly name: string;
  readonly type: keyof typeof typedArrays;
  readonly length: number;
}

export const typedArrays = {
  int8: Int8Array,
  uint16: Uint16Array,
  int32: Int32Array,
  float32: Float32Array,
} as const;

type NamedArray = readonly [name: string, array: Int8Array | Uint16Array | Int32Array | Float32Array];

/** The arrays of a student by name. */
export function arraysOf(contents: StudentContents): readonly NamedArray[] {
  const { hashes, idf, scales, weights, bias, mlp, vector, neighbours } = contents;
  const arrays: NamedArray[] = [
    ['hashes', hashes],
    ['idf', idf],
    ['scales', scales],
    ['weights', weights],
    ['bias', bias],
  ];
  if (mlp !== null) arrays.push(['mlpScales', mlp.scales], ['mlpFirst', mlp.first], ['mlpSecond', mlp.second]);
  if (vector !== null) arrays.push(['vector', vector]);
  if (neighbours !== null)
    arrays.push(
      ['projection', neighbours.projection],
      ['codes', neighbours.codes],
      ['codeClasses', neighbours.classes],
    );
  return arrays;
}

/** The other way round: a student from its manifest and the memory of its arrays. */
export function withArrays(manifest: StudentManifest, arrays: ReadonlyMap<string, ArrayBuffer>): StudentContents {
  const floats = (name: string): Float32Array => new Float32Array(arrays.get(name) ?? new ArrayBuffer(0));
  const bytes = (name: string): Int8Array => new Int8Array(arrays.get(name) ?? new ArrayBuffer(0));
  return {
    manifest,
    hashes: new Int32Array(arrays.get('hashes') ?? new ArrayBuffer(0)),
    idf: floats('idf'),
    scales: floats('scales'),
    weights: bytes('weights'),
    bias: arrays.has('bias') ? floats('bias') : new Float32Array(manifest.labels.length),
    mlp: arrays.has('mlpFirst')
      ? { scales: floats('mlpScales'), first: bytes('mlpFirst'), second: floats('mlpSecond') }
      : null,
    vector: arrays.has('vector') ? floats('vector') : null,
    neighbours: arrays.has('codes')
      ? {
          dimensions: manifest.codeDimensions,
          projection: floats('projection'),
          codes: bytes('codes'),
          classes: new Uint16Array(arrays.get('codeClasses') ?? new ArrayBuffer(0)),
        }
      : null,
  };
}
