import { kernelsBinary } from './kernels-binary.ts';
import { plainKernels } from './plain-kernels.ts';

/**
 * The hot loops. Every pointer is a byte offset into the workspace's memory, `count` the entries of a sparse row,
 * `width` the columns of a weight row, a multiple of 8. Both makers give the same sums up to the order of addition.
 */
export interface Kernels {
  /** out[k] = Σⱼ values[j] · weights[indices[j]·width + k] */
  sumRows(indices: number, values: number, count: number, weights: number, width: number, out: number): void;
  /** weights[indices[j]·width + k] += values[j] · vector[k] */
  addToRows(indices: number, values: number, count: number, weights: number, width: number, vector: number): void;
  /** out[j] = Σₖ weights[indices[j]·width + k] · vector[k] */
  dotRows(indices: number, count: number, weights: number, width: number, vector: number, out: number): void;
  /** out[k] = Σⱼ values[j] · scales[indices[j]] · bytes[indices[j]·width + k], bytes being signed */
  sumByteRows(
    indices: number,
    values: number,
    count: number,
    bytes: number,
    scales: number,
    width: number,
    out: number,
  ): void;
  /** out[i] = Σₖ bytes[i·width + k] · query[k]: signed bytes and 16-bit integers, exact 32-bit sums; width a multiple of 16 */
  dotBytes(bytes: number, rows: number, width: number, query: number, out: number): void;
}

/** A part of a workspace: `at` is its byte offset, for kernels; `view` the same memory, for everybody else. */
export interface Floats {
  readonly at: number;
  readonly view: Float32Array;
}
export interface Integers {
  readonly at: number;
  readonly view: Int32Array;
}
export interface Bytes {
  readonly at: number;
  readonly view: Int8Array;
}
export interface Shorts {
  readonly at: number;
  readonly view: Int16Array;
}

/** Memory that kernels work on, handed out in pieces and never taken back: drop the whole workspace instead. */
export interface Workspace {
  readonly kernels: Kernels;
  floats(length: number): Floats;
  integers(length: number): Integers;
  bytes(length: number): Bytes;
  shorts(length: number): Shorts;
}

export type KernelKind = 'wasm' | 'plain';

/** Columns of a weight row that hold `count` values: kernels work on eight at a time. */
export function paddedWidth(count: number): number {
  return Math.ceil(count / 8) * 8;
}

/** Bytes that a piece takes: pieces begin at multiples of 16. */
export function pieceBytes(elements: number, bytesEach: number): number {
  return Math.ceil((elements * bytesEach) / 16) * 16;
}

/**
 * A zeroed workspace of at least `size` bytes. `wasm` needs SIMD and falls back to plain loops where the runtime
 * refuses it; all pieces together must fit.
 */
export function createWorkspace(size: number, kind: KernelKind = 'wasm'): Workspace {
  const wasm = kind === 'wasm' ? openWasm(size) : null;
  const buffer = wasm?.buffer ?? new ArrayBuffer(size);
  let used = 0;
  const take = (elements: number, bytesEach: number): number => {
    const at = used;
    used += pieceBytes(elements, bytesEach);
    if (used > buffer.byteLength) throw new RangeError(`the workspace holds ${buffer.byteLength} bytes, ${used} asked`);
    return at;
  };
  return {
    kernels: wasm?.kernels ?? plainKernels(buffer),
    floats: (length) => {
      const at = take(length, 4);
      return { at, view: new Float32Array(buffer, at, length) };
    },
    integers: (length) => {
      const at = take(length, 4);
      return { at, view: new Int32Array(buffer, at, length) };
    },
    bytes: (length) => {
      const at = take(length, 1);
      return { at, view: new Int8Array(buffer, at, length) };
    },
    shorts: (length) => {
      const at = take(length, 2);
      return { at, view: new Int16Array(buffer, at, length) };
    },
  };
}

// The part of the WebAssembly API used here; the compiler knows it only from browser typings.
interface WasmApi {
  readonly Memory: new (limits: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

const wasmPageBytes = 65536;
let compiled: object | null | undefined;

/** What `wasm` comes to here: `plain` where the runtime has no WebAssembly, or a policy forbids to compile it. */
export function availableKernels(): KernelKind {
  return openCompiled() === null ? 'plain' : 'wasm';
}

function openCompiled(): object | null {
  const api = (globalThis as { WebAssembly?: WasmApi }).WebAssembly;
  if (compiled === undefined) compiled = api === undefined ? null : compile(api);
  return compiled;
}

function openWasm(size: number): { kernels: Kernels; buffer: ArrayBuffer } | null {
  const api = (globalThis as { WebAssembly?: WasmApi }).WebAssembly;
  const module = openCompiled();
  if (api === undefined || module === null) return null;
  const memory = new api.Memory({ initial: Math.max(1, Math.ceil(size / wasmPageBytes)) });
  const instance = new api.Instance(module, { env: { memory } });
  return { kernels: instance.exports as Kernels, buffer: memory.buffer };
}

function compile(api: WasmApi): object | null {
  try {
    return new api.Module(Uint8Array.from(atob(kernelsBinary), (character) => character.charCodeAt(0)));
  } catch {
    // No SIMD here, or no permission: the plain loops answer alike, only slower.
    return null;
  }
}
