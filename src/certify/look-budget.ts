/**
 * What the `look`-th attempt to certify (from 1, failures counted) may spend of a promise's δ: δ·6/(π²k²).
 * Over infinitely many looks these sum to δ.
 */
export function deltaOfLook(delta: number, look: number): number {
  if (!(Number.isInteger(look) && look >= 1)) throw new RangeError(`look is ${look}; it must be a whole number from 1`);
  return (delta * 6) / (Math.PI * look) ** 2;
}
