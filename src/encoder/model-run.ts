import type { InferenceSession, Tensor, TypedTensor } from 'onnxruntime-node';
import { RightsizeError } from '../errors.ts';
import { normalise, type Pooling, poolStates } from './pooling.ts';
import type { TokenReader } from './token-reader.ts';

export type OnnxRuntime = typeof import('onnxruntime-node');

/** One model: token ids in, unit vectors out. */
export class ModelRun {
  readonly #runtime: OnnxRuntime;
  readonly #session: InferenceSession;
  readonly #output: string;
  readonly #reader: TokenReader;
  readonly #wantedPooling: 'mean' | 'first';
  #pooling: Pooling = 'none';

  constructor(
    runtime: OnnxRuntime,
    session: InferenceSession,
    output: string,
    reader: TokenReader,
    pooling: 'mean' | 'first',
  ) {
    this.#runtime = runtime;
    this.#session = session;
    this.#output = output;
    this.#reader = reader;
    this.#wantedPooling = pooling;
  }

  /** How the last output was pooled. */
  get pooling(): Pooling {
    return this.#pooling;
  }

  read(text: string, limit: number): readonly number[] {
    return this.#reader.read(text, limit);
  }

  async vectors(rows: readonly (readonly number[])[]): Promise<readonly Float32Array[]> {
    const width = Math.max(...rows.map((row) => row.length));
    const outputs = await this.#session.run(this.#feeds(rows, width));
    const output = outputs[this.#output];
    const pooled = output === undefined ? null : this.#pool(output, rows, width);
    if (pooled === null)
      throw unsupported(`its output ${this.#output} is ${output?.type} of the shape [${output?.dims}]`);
    const dimensions = pooled.length / rows.length;
    return rows.map((_, row) => {
      const vector = pooled.slice(row * dimensions, (row + 1) * dimensions);
      if (!normalise(vector)) throw unsupported('it gives vectors that hold something else than numbers');
      return vector;
    });
  }

  #feeds(rows: readonly (readonly number[])[], width: number): Record<string, Tensor> {
    const tensor = (of: (ids: readonly number[], at: number) => number): TypedTensor<'int64'> => {
      const values = new BigInt64Array(rows.length * width);
      for (const [row, ids] of rows.entries())
        for (let at = 0; at < width; at++) values[row * width + at] = BigInt(of(ids, at));
      return new this.#runtime.Tensor('int64', values, [rows.length, width]);
    };
    const all: Record<string, () => Tensor> = {
      input_ids: () => tensor((ids, at) => ids[at] ?? this.#reader.padId),
      attention_mask: () => tensor((ids, at) => (at < ids.length ? 1 : 0)),
      token_type_ids: () => tensor(() => 0),
    };
    return Object.fromEntries(
      this.#session.inputNames.flatMap((name) => {
        const make = all[name];
        return make === undefined ? [] : [[name, make()]];
      }),
    );
  }

  /** Null where the output is neither a vector a text nor one a token. */
  #pool({ type, dims, data }: Tensor, rows: readonly (readonly number[])[], width: number): Float32Array | null {
    if (type !== 'float32' || dims[0] !== rows.length || !(data instanceof Float32Array)) return null;
    if (dims.length === 2) {
      this.#pooling = 'none';
      return data;
    }
    if (dims.length !== 3 || dims[1] !== width) return null;
    this.#pooling = this.#wantedPooling;
    const lengths = rows.map((row) => row.length);
    return poolStates({ data, lengths, width, dimensions: dims[2] ?? 0 }, this.#wantedPooling);
  }
}

/** A model that is no sentence encoder, or none of a known kind. */
export function unsupported(why: string): RightsizeError {
  return new RightsizeError('encoder_unsupported', `This model is no sentence encoder that can be used: ${why}.`);
}
