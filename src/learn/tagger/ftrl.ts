/**
 * FTRL-proximal (McMahan et al. 2013): every weight has a learning rate of its own, and the L2 penalty counts once for the
 * whole run. Keeps the mean of the weights over the snapshots taken (Polyak averaging): with features left out at random,
 * the last weights are a noisy draw.
 */
export class FtrlWeights {
  readonly values: Float32Array;
  readonly #sums: Float32Array;
  /** Roots of the sums of squared gradients. */
  readonly #roots: Float32Array;
  readonly #means: Float32Array;
  readonly #perRate: number;
  readonly #floor: number;
  #snapshots = 0;

  constructor(
    length: number,
    { rate, beta, l2 }: { readonly rate: number; readonly beta: number; readonly l2: number },
  ) {
    this.values = new Float32Array(length);
    this.#sums = new Float32Array(length);
    this.#roots = new Float32Array(length);
    this.#means = new Float32Array(length);
    this.#perRate = 1 / rate;
    this.#floor = beta / rate + l2;
  }

  step(at: number, gradient: number): void {
    const before = this.#roots[at] as number;
    const root = Math.sqrt(before * before + gradient * gradient);
    const sum = (this.#sums[at] as number) + gradient - (root - before) * this.#perRate * (this.values[at] as number);
    this.#roots[at] = root;
    this.#sums[at] = sum;
    this.values[at] = -sum / (this.#floor + root * this.#perRate);
  }

  takeSnapshot(): void {
    this.#snapshots++;
    for (let i = 0; i < this.values.length; i++)
      this.#means[i] = (this.#means[i] as number) + (this.values[i] as number);
  }

  /** The last weights where no snapshot was taken. */
  mean(): Float32Array {
    return this.#snapshots === 0 ? this.values : this.#means.map((sum) => sum / this.#snapshots);
  }
}
