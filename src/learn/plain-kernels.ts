import type { Kernels } from './workspace.ts';

/**
 * The kernels as plain loops over one buffer: the reference for kernels.wat, and the fallback without WebAssembly. Those
 * that answer (`sumRows`, `sumByteRows`) round every product and sum to 32 bits in the order of kernels.wat, so that a
 * student says the same to the last bit wherever it runs.
 */
export function plainKernels(buffer: ArrayBuffer): Kernels {
  const words = Math.floor(buffer.byteLength / 4);
  const floats = new Float32Array(buffer, 0, words);
  const integers = new Int32Array(buffer, 0, words);
  const signed = new Int8Array(buffer);
  const shorts = new Int16Array(buffer, 0, Math.floor(buffer.byteLength / 2));

  return {
    sumRows(indices, values, count, weights, width, out) {
      const sum = floats.subarray(out >> 2, (out >> 2) + width).fill(0);
      for (let j = 0; j < count; j++) {
        const row = (weights >> 2) + at(integers, (indices >> 2) + j) * width;
        const value = at(floats, (values >> 2) + j);
        for (let k = 0; k < width; k++) sum[k] = at(sum, k) + Math.fround(value * at(floats, row + k));
      }
    },
    addToRows(indices, values, count, weights, width, vector) {
      for (let j = 0; j < count; j++) {
        const row = (weights >> 2) + at(integers, (indices >> 2) + j) * width;
        const value = at(floats, (values >> 2) + j);
        for (let k = 0; k < width; k++) floats[row + k] = at(floats, row + k) + value * at(floats, (vector >> 2) + k);
      }
    },
    dotRows(indices, count, weights, width, vector, out) {
      for (let j = 0; j < count; j++) {
        const row = (weights >> 2) + at(integers, (indices >> 2) + j) * width;
        let sum = 0;
        for (let k = 0; k < width; k++) sum += at(floats, row + k) * at(floats, (vector >> 2) + k);
        floats[(out >> 2) + j] = sum;
      }
    },
    sumByteRows(indices, values, count, bytes, scales, width, out) {
      const sum = floats.subarray(out >> 2, (out >> 2) + width).fill(0);
      for (let j = 0; j < count; j++) {
        const index = at(integers, (indices >> 2) + j);
        const value = Math.fround(at(floats, (values >> 2) + j) * at(floats, (scales >> 2) + index));
        for (let k = 0; k < width; k++)
          sum[k] = at(sum, k) + Math.fround(value * at(signed, bytes + index * width + k));
      }
    },
    dotBytes(bytes, rows, width, query, out) {
      for (let row = 0; row < rows; row++) {
        let sum = 0;
        for (let k = 0; k < width; k++) sum += at(signed, bytes + row * width + k) * at(shorts, (query >> 1) + k);
        integers[(out >> 2) + row] = sum;
      }
    },
  };
}

function at(array: Float32Array | Int32Array | Int16Array | Int8Array, index: number): number {
  return array[index] as number;
}
