/** Weight rows as signed bytes, each row with its own scale: weight ≈ scale · byte. */
export function quantiseRows(
  weights: Float32Array,
  rows: number,
  width: number,
): { readonly bytes: Int8Array; readonly scales: Float32Array } {
  const bytes = new Int8Array(rows * width);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let largest = 0;
    for (let k = 0; k < width; k++) largest = Math.max(largest, Math.abs(weights[row * width + k] as number));
    if (largest === 0) continue;
    scales[row] = largest / 127;
    for (let k = 0; k < width; k++)
      bytes[row * width + k] = Math.round(((weights[row * width + k] as number) / largest) * 127);
  }
  return { bytes, scales };
}
