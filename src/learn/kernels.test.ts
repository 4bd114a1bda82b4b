import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import wabt from 'wabt';
import { seededRandom } from '../records/random.ts';
import { kernelsBinary } from './kernels-binary.ts';
import { createWorkspace, type KernelKind } from './workspace.ts';

/** Sums of a few dozen products near 1 differ by rounding only. */
const tolerance = 1e-5;

describe('kernels', () => {
  it('are the checked-in WebAssembly text, compiled', async () => {
    const { parseWat } = await wabt();
    const source = readFileSync(new URL('./kernels.wat', import.meta.url), 'utf8');
    const { buffer } = parseWat('kernels.wat', source, { simd: true }).toBinary({});
    expect(Buffer.from(buffer).toString('base64')).toBe(kernelsBinary);
  });

  for (const width of [8, 24, 80])
    it(`give the same numbers as the plain loops, ${width} columns wide`, () => {
      const wasm = runAll('wasm', width);
      const plain = runAll('plain', width);
      expect(wasm.length).toBe(plain.length);
      plain.forEach((value, at) => {
        expect(Math.abs((wasm[at] as number) - value)).toBeLessThan(tolerance);
      });
      expect(plain.some((value) => Math.abs(value) > 0.1)).toBe(true);
    });

  it('that answer are equal to the plain loops in every bit', () => {
    for (const width of [8, 24, 80]) {
      const [wasm, plain] = (['wasm', 'plain'] as const).map((kind) => runAll(kind, width));
      expect(plain?.slice(0, width)).toEqual(wasm?.slice(0, width));
      expect(plain?.slice(-width)).toEqual(wasm?.slice(-width));
    }
  });

  it('multiply bytes with 16-bit integers exactly, the largest included', () => {
    for (const kind of ['wasm', 'plain'] as const) {
      const workspace = createWorkspace(4096, kind);
      const bytes = workspace.bytes(3 * 32);
      const query = workspace.shorts(32);
      const out = workspace.integers(3);
      bytes.view.forEach((_, at) => {
        bytes.view[at] = at < 32 ? -128 : (at * 7) % 255;
      });
      query.view.forEach((_, at) => {
        query.view[at] = at % 2 === 0 ? 32767 : -32768 + at;
      });
      workspace.kernels.dotBytes(bytes.at, 3, 32, query.at, out.at);
      const expected = [0, 1, 2].map((row) =>
        query.view.reduce((sum, value, k) => sum + value * (bytes.view[row * 32 + k] as number), 0),
      );
      expect([...out.view]).toEqual(expected);
    }
  });

  it('refuse to hand out more memory than was asked for', () => {
    expect(() => createWorkspace(64, 'plain').floats(100)).toThrow(RangeError);
  });
});

/** Every kernel once, on the same random numbers; all that they wrote. */
function runAll(kind: KernelKind, width: number): number[] {
  const rows = 50;
  const random = seededRandom(width);
  const workspace = createWorkspace(65536, kind);
  const { kernels } = workspace;
  const indices = workspace.integers(12);
  const values = workspace.floats(12);
  const weights = workspace.floats(rows * width);
  const bytes = workspace.bytes(rows * width);
  const scales = workspace.floats(rows);
  const sums = workspace.floats(width);
  const dots = workspace.floats(12);
  const byteSums = workspace.floats(width);
  indices.view.forEach((_, j) => {
    indices.view[j] = Math.floor(random() * rows);
    values.view[j] = random() - 0.5;
  });
  weights.view.forEach((_, j) => {
    weights.view[j] = random() - 0.5;
    bytes.view[j] = Math.floor(random() * 256) - 128;
  });
  scales.view.forEach((_, j) => {
    scales.view[j] = random() / 127;
  });
  kernels.sumRows(indices.at, values.at, 12, weights.at, width, sums.at);
  kernels.dotRows(indices.at, 12, weights.at, width, sums.at, dots.at);
  kernels.addToRows(indices.at, values.at, 12, weights.at, width, sums.at);
  kernels.sumByteRows(indices.at, values.at, 12, bytes.at, scales.at, width, byteSums.at);
  return [...sums.view, ...dots.view, ...weights.view, ...byteSums.view];
}
