import { describe, expect, it } from 'vitest';
import { seededRandom } from '../records/random.ts';
import { portableExp, portableLog } from './portable-math.ts';

const random = seededRandom(1);

describe('the exponential and the logarithm of every engine', () => {
  it('are those of Math, within two units of the last place', () => {
    for (let i = 0; i < 20_000; i++) {
      const x = (random() - 0.5) * (i % 2 ? 1400 : 40);
      expect(unitsApart(portableExp(x), Math.exp(x))).toBeLessThanOrEqual(2);
      const y = Math.exp((random() - 0.5) * (i % 3 ? 10 : 1400));
      expect(unitsApart(portableLog(y), Math.log(y))).toBeLessThanOrEqual(2);
    }
  });

  it('are never of the other sign, nor out of order, around the points that matter', () => {
    expect([portableExp(0), portableLog(1)]).toEqual([1, 0]);
    for (let x = -40; x < 0; x += 0.01) expect(portableExp(x)).toBeLessThan(portableExp(x + 0.01));
    expect(portableLog(1 + Number.EPSILON)).toBeGreaterThan(0);
    expect(portableLog(1 - Number.EPSILON)).toBeLessThan(0);
  });

  it('end where numbers end', () => {
    const { NaN: none, POSITIVE_INFINITY: infinite } = Number;
    expect([none, -800, 800, infinite, -infinite].map(portableExp)).toEqual([none, 0, infinite, infinite, 0]);
    expect([none, -1, 0, infinite].map(portableLog)).toEqual([none, none, -infinite, infinite]);
    for (const x of [-745.1, -720, 709.7]) expect(unitsApart(portableExp(x), Math.exp(x))).toBeLessThanOrEqual(2);
    for (const x of [5e-324, 1e-310, Number.MAX_VALUE])
      expect(unitsApart(portableLog(x), Math.log(x))).toBeLessThanOrEqual(2);
  });

  it('are the same bits here as where these were written down', () => {
    const bits = (values: readonly number[]) => Buffer.from(Float64Array.from(values).buffer).toString('hex');
    const inputs = [-30, -1.5, -1e-9, 0.1, 1, 2.5, 300];
    expect(bits(inputs.map(portableExp))).toBe(
      '747facc2e0563a3d1e5c4b72878fcc3fa18f76ffffffef3fd3005ab3c7aef13f6957148b0abf0540bbe031d96f5d28404a6b16a7c005fc5a',
    );
    expect(bits([1e-300, 0.1, 0.9999, 1.5, 3, 77.5, 1e9].map(portableLog))).toBe(
      'b57ff847349685c01555b5bbb16b02c0c21ccfd238371abf4c98bfec23f3d93f0b03ad7aea93f13fbcb16442af661140b8ff2bf327b93440',
    );
  });
});

function unitsApart(a: number, b: number): number {
  const [x = 0n, y = 0n] = new BigInt64Array(Float64Array.of(a, b).buffer);
  return Number(x > y ? x - y : y - x);
}
