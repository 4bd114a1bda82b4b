import type { Random } from '../../records/random.ts';
import { featureGroup } from './token-features.ts';

export interface DropoutShares {
  /** Of single features. */
  readonly feature: number;
  /** Of tokens whose own word is hidden, as an unknown word would be. */
  readonly word: number;
  /** Of tokens whose neighbours' words are hidden. */
  readonly context: number;
  /** Of tokens for which what stands in other slots is hidden. */
  readonly hints: number;
}

/** The features of one sequence that are looked at this time: token t owns columns[ends[t − 1]] … columns[ends[t]]. */
export interface KeptFeatures {
  columns: Int32Array;
  readonly ends: number[];
}

/**
 * Leaves features out at random, one by one and by groups, so that no few of them carry a tag alone: at serving time any
 * word may be new. Scores of what is kept must be scaled by `keptScale`.
 */
export class FeatureDropout {
  readonly keptScale: number;
  readonly #shares: DropoutShares;
  readonly #limit: number;
  readonly #random: Random;
  #bits: number;

  constructor(shares: DropoutShares, random: Random) {
    this.keptScale = 1 / (1 - shares.feature);
    this.#shares = shares;
    this.#limit = Math.floor(shares.feature * 2 ** 32);
    this.#random = random;
    this.#bits = Math.floor(random() * 2 ** 32) | 1;
  }

  /** Fills `kept` with what stays of the features of the tokens from … to. */
  choose(
    { columnStarts, columns }: { readonly columnStarts: Int32Array; readonly columns: Int32Array },
    groups: Uint8Array,
    { from, to }: { readonly from: number; readonly to: number },
    kept: KeptFeatures,
  ): void {
    const room = (columnStarts[to] as number) - (columnStarts[from] as number);
    if (kept.columns.length < room) kept.columns = new Int32Array(2 * room);
    kept.ends.length = 0;
    let n = 0;
    for (let token = from; token < to; token++) {
      const hidden = this.#hiddenGroups();
      for (let j = columnStarts[token] as number; j < (columnStarts[token + 1] as number); j++) {
        const column = columns[j] as number;
        if (((groups[column] as number) & hidden) === 0 && this.#stays()) kept.columns[n++] = column;
      }
      kept.ends.push(n);
    }
  }

  #hiddenGroups(): number {
    const { word, context, hints } = this.#shares;
    return (
      (this.#random() < word ? featureGroup.word : 0) |
      (this.#random() < context ? featureGroup.context : 0) |
      (this.#random() < hints ? featureGroup.hint : 0)
    );
  }

  /** Xorshift (Marsaglia 2003): a coin a feature has to be cheap. */
  #stays(): boolean {
    let bits = this.#bits;
    bits ^= bits << 13;
    bits ^= bits >>> 17;
    bits ^= bits << 5;
    this.#bits = bits;
    return bits >>> 0 >= this.#limit;
  }
}
