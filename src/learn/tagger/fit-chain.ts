import { type Random, shuffled } from '../../records/random.ts';
import { type Chain, forEachStep, type Transitions, zeroTransitions } from './chain.ts';
import type { Pairs, Sequences } from './sequences.ts';
import { addParts, gatherParts } from './tag-states.ts';

export interface FitSettings {
  readonly epochs: number;
  readonly rate: number;
  /** Share of features that are ignored at each look at a token. */
  readonly dropout: number;
  readonly l2: number;
  readonly l1: number;
  /** FTRL's β: how carefully first steps are taken. */
  readonly beta: number;
}

export interface ChainWeights {
  /** One a pair. */
  readonly values: Float32Array;
  readonly transitions: Transitions;
}

/**
 * Learns a conditional random field (Lafferty et al. 2001) by FTRL-proximal (McMahan et al. 2013): every weight has a rate of
 * its own, and L1 and L2 penalties count once for the whole run.
 */
export function fitChain(
  { pairs, sequences }: { readonly pairs: Pairs; readonly sequences: Sequences },
  members: readonly number[],
  weightOf: (sequence: number) => number,
  chain: Chain,
  settings: FitSettings,
  random: Random,
): ChainWeights {
  const { starts, parts } = pairs;
  const { tokenStarts, columnStarts, columns, path } = sequences;
  const { tags, states } = chain;
  const values = new Float32Array(parts.length);
  const sums = new Float32Array(parts.length);
  const squares = new Float32Array(parts.length);
  const transitions = zeroTransitions(tags);
  const sumsT = zeroTransitions(tags);
  const squaresT = zeroTransitions(tags);
  const { rate, l1, l2, beta, dropout } = settings;
  const dropLimit = Math.floor(dropout * 4294967296);
  const keepScale = 1 / (1 - dropout);
  let bits = Math.floor(random() * 4294967296) | 1;
  const stepT = (kind: 'between' | 'within', cell: number, g: number): void => {
    const squareOld = squaresT[kind][cell] as number;
    const square = squareOld + g * g;
    squaresT[kind][cell] = square;
    const w = transitions[kind][cell] as number;
    const sum = (sumsT[kind][cell] as number) + g - ((Math.sqrt(square) - Math.sqrt(squareOld)) / rate) * w;
    sumsT[kind][cell] = sum;
    transitions[kind][cell] = -sum / ((beta + Math.sqrt(square)) / rate + l2);
  };
  let kept = new Int32Array(4096);
  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    for (const sequence of shuffled(members, random)) {
      const from = tokenStarts[sequence] as number;
      const count = (tokenStarts[sequence + 1] as number) - from;
      if (count === 0) continue;
      const weight = weightOf(sequence);
      chain.reset(count);
      const scores = chain.scores;
      // Features that stay this time.
      const room = (columnStarts[from + count] as number) - (columnStarts[from] as number);
      if (kept.length < room + count + 1) kept = new Int32Array(2 * (room + count + 1));
      let n = 0;
      const ends: number[] = [];
      for (let token = 0; token < count; token++) {
        for (let j = columnStarts[from + token] as number; j < (columnStarts[from + token + 1] as number); j++) {
          if (dropLimit > 0) {
            bits ^= bits << 13;
            bits ^= bits >>> 17;
            bits ^= bits << 5;
            if (bits >>> 0 < dropLimit) continue;
          }
          kept[n++] = columns[j] as number;
        }
        ends.push(n);
      }
      let j = 0;
      for (let token = 0; token < count; token++) {
        const at = token * states;
        const end = ends[token] as number;
        for (; j < end; j++) {
          const column = kept[j] as number;
          for (let p = starts[column] as number, e = starts[column + 1] as number; p < e; p++)
            scores[at + (parts[p] as number)] = (scores[at + (parts[p] as number)] as number) + (values[p] as number);
        }
        if (keepScale !== 1) for (let k = at; k < at + states; k++) scores[k] = (scores[k] as number) * keepScale;
        addParts(scores, at, tags);
      }
      chain.use(transitions);
      chain.marginals(count, true);
      const gradient = chain.probabilities;
      j = 0;
      for (let token = 0; token < count; token++) {
        const at = token * states;
        const end = ends[token] as number;
        const state = at + (path[from + token] as number);
        gradient[state] = (gradient[state] as number) - 1;
        let size = 0;
        for (let k = at; k < at + states; k++) size = Math.max(size, Math.abs(gradient[k] as number));
        if (size < 1e-3) {
          j = end;
          continue;
        }
        gatherParts(gradient, at, tags);
        for (; j < end; j++) {
          const column = kept[j] as number;
          for (let p = starts[column] as number, e = starts[column + 1] as number; p < e; p++) {
            const g = (gradient[at + (parts[p] as number)] as number) * weight;
            if (g < 1e-4 && g > -1e-4) continue;
            const squareOld = squares[p] as number;
            const square = squareOld + g * g;
            squares[p] = square;
            const root = Math.sqrt(square);
            const sum = (sums[p] as number) + g - ((root - Math.sqrt(squareOld)) / rate) * (values[p] as number);
            sums[p] = sum;
            values[p] =
              sum > l1
                ? (l1 - sum) / ((beta + root) / rate + l2)
                : sum < -l1
                  ? (-l1 - sum) / ((beta + root) / rate + l2)
                  : 0;
          }
        }
      }
      const seen = path.subarray(from, from + count);
      forEachStep(count, tags, seen, (isBetween, cell) => {
        const table = isBetween ? chain.expected.between : chain.expected.within;
        table[cell] = (table[cell] as number) - 1;
      });
      for (const kind of ['between', 'within'] as const)
        chain.expected[kind].forEach((g, cell) => {
          if (Math.abs(g) > 1e-3) stepT(kind, cell, g * weight);
        });
    }
  }
  return { values, transitions };
}
