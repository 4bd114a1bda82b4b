import { blendRow } from './blend.ts';
import { portableExp, portableLog } from './portable-math.ts';
import { readSignals, signalNames } from './score-model.ts';
import { softmax } from './softmax.ts';
import type { HeadEntry } from './student-contents.ts';
import { topTwo } from './top-two.ts';

/** What there is to judge with. */
export interface JudgeSettings {
  readonly heads: readonly Pick<HeadEntry, 'weight' | 'temperature'>[];
  readonly bias: ArrayLike<number>;
  /** Training rows of each label. */
  readonly support: readonly number[];
}

/** How much of an input was known before. */
export interface Known {
  readonly unseenShare: number;
  /** Different known n-grams. */
  readonly ngrams: number;
  /** Cosine of the nearest remembered row; 1 where none are remembered. */
  readonly nearest: number;
}

/** The same arithmetic for rows that are learned from and inputs that are answered. Its arrays are overwritten by each call. */
export class Judge {
  readonly logits: Float64Array;
  readonly probabilities: Float64Array;
  readonly signals = new Float64Array(signalNames.length);
  best = 0;
  /** −1 where there is one label only. */
  second = -1;
  readonly #settings: JudgeSettings;
  readonly #weights: readonly number[];

  constructor(settings: JudgeSettings) {
    this.#settings = settings;
    this.#weights = settings.heads.map(({ weight }) => weight);
    this.logits = new Float64Array(settings.support.length);
    this.probabilities = new Float64Array(settings.support.length);
  }

  /** Adds up one row of the heads' logits, which begins at `at` in each of them, and reads its signals. */
  judge(heads: readonly Float32Array[], at: number, { unseenShare, ngrams, nearest }: Known): void {
    const { logits, probabilities } = this;
    const { bias, support } = this.#settings;
    blendRow(heads, at, { weights: this.#weights, bias }, logits);
    softmax(logits, logits.length, 1, probabilities);
    const { best, second } = topTwo(logits, logits.length);
    this.best = best;
    this.second = second;
    readSignals(
      {
        logits,
        best,
        second,
        probability: probabilities[best] as number,
        unseenShare,
        known: ngrams,
        support: support[best] as number,
        nearest,
        weakest: heads.length < 2 ? 0 : this.#weakest(heads, at),
      },
      this.signals,
    );
  }

  /** Logarithm of the probability that the least convinced of the heads gives the label. */
  #weakest(heads: readonly Float32Array[], at: number): number {
    let weakest = 0;
    heads.forEach((logits, head) => {
      const { weight, temperature } = this.#settings.heads[head] as HeadEntry;
      if (weight > 0)
        weakest = Math.min(weakest, logShare(logits, at, this.best, { count: this.logits.length, temperature }));
    });
    return weakest;
  }
}

function logShare(
  logits: Float32Array,
  at: number,
  label: number,
  { count, temperature }: { readonly count: number; readonly temperature: number },
): number {
  const own = logits[at + label] as number;
  let sum = 0;
  for (let k = 0; k < count; k++) sum += portableExp(Math.min(30, ((logits[at + k] as number) - own) / temperature));
  return -portableLog(sum);
}
