import { type Random, shuffled } from '../../records/random.ts';
import { type Chain, forEachStep, type Transitions } from './chain.ts';
import { type DropoutShares, FeatureDropout, type KeptFeatures } from './feature-dropout.ts';
import { FtrlWeights } from './ftrl.ts';
import type { Pairs, Sequences } from './sequences.ts';
import { addParts, gatherParts } from './tag-states.ts';

export interface FitSettings {
  readonly epochs: number;
  /** Epochs whose weights do not count in the mean. */
  readonly warmUpEpochs: number;
  readonly rate: number;
  /** How carefully first steps are taken. */
  readonly beta: number;
  readonly l2: number;
  readonly dropout: DropoutShares;
}

export interface ChainWeights {
  /** One a pair. */
  readonly values: Float32Array;
  readonly transitions: Transitions;
}

/** What is learned from. */
export interface ChainProblem {
  readonly pairs: Pairs;
  readonly sequences: Sequences;
  weightOf(sequence: number): number;
}

/** A token whose gradient is smaller is learned; a smaller share of it is not worth a step. */
const leastTokenGradient = 0.01;
const leastGradient = 0.002;

/** Learns the weights of a conditional random field (Lafferty et al. 2001), a sequence at a time. */
export function fitChain(
  problem: ChainProblem,
  members: readonly number[],
  chain: Chain,
  settings: FitSettings,
  random: Random,
): ChainWeights {
  const weights = new FtrlWeights(problem.pairs.parts.length, settings);
  const steps = {
    between: new FtrlWeights(chain.expected.between.length, settings),
    within: new FtrlWeights(chain.expected.within.length, settings),
  };
  const dropout = new FeatureDropout(settings.dropout, random);
  const kept: KeptFeatures = { columns: new Int32Array(4096), ends: [] };
  const { tokenStarts } = problem.sequences;
  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    for (const sequence of shuffled(members, random)) {
      const tokens = { from: tokenStarts[sequence] as number, to: tokenStarts[sequence + 1] as number };
      const weight = problem.weightOf(sequence);
      if (tokens.from === tokens.to || weight === 0) continue;
      dropout.choose(problem.sequences, problem.pairs.groups, tokens, kept);
      scoreKept(problem.pairs, kept, weights.values, dropout.keptScale, chain);
      chain.use({ tags: chain.tags, between: steps.between.values, within: steps.within.values });
      chain.marginals(kept.ends.length, true);
      const path = problem.sequences.path.subarray(tokens.from, tokens.to);
      learnFeatures(problem.pairs, kept, path, chain, weights, weight);
      learnTransitions(path, chain, steps, weight);
    }
    if (epoch < settings.warmUpEpochs) continue;
    for (const part of [weights, steps.between, steps.within]) part.takeSnapshot();
  }
  const transitions = { tags: chain.tags, between: steps.between.mean(), within: steps.within.mean() };
  return { values: weights.mean(), transitions };
}

function scoreKept(
  { starts, parts }: Pairs,
  { columns, ends }: KeptFeatures,
  values: Float32Array,
  scale: number,
  chain: Chain,
): void {
  chain.reset(ends.length);
  const { scores, states, tags } = chain;
  let j = 0;
  for (let token = 0; token < ends.length; token++) {
    const at = token * states;
    for (const end = ends[token] as number; j < end; j++) {
      const column = columns[j] as number;
      for (let p = starts[column] as number, last = starts[column + 1] as number; p < last; p++) {
        const cell = at + (parts[p] as number);
        scores[cell] = (scores[cell] as number) + (values[p] as number);
      }
    }
    for (let k = at; k < at + states; k++) scores[k] = (scores[k] as number) * scale;
    addParts(scores, at, tags);
  }
}

/** One step down the slope of −log p(path): marginals less what was seen. */
function learnFeatures(
  { starts, parts }: Pairs,
  { columns, ends }: KeptFeatures,
  path: Uint16Array,
  chain: Chain,
  weights: FtrlWeights,
  weight: number,
): void {
  const { probabilities: gradient, states, tags } = chain;
  let j = 0;
  for (let token = 0; token < ends.length; token++) {
    const at = token * states;
    const end = ends[token] as number;
    const seen = at + (path[token] as number);
    gradient[seen] = (gradient[seen] as number) - 1;
    if (!isWorthLearning(gradient, at, at + states)) {
      j = end;
      continue;
    }
    gatherParts(gradient, at, tags);
    for (; j < end; j++) {
      const column = columns[j] as number;
      for (let p = starts[column] as number, last = starts[column + 1] as number; p < last; p++) {
        const slope = (gradient[at + (parts[p] as number)] as number) * weight;
        if (slope > leastGradient || slope < -leastGradient) weights.step(p, slope);
      }
    }
  }
}

function isWorthLearning(gradient: Float64Array, from: number, to: number): boolean {
  for (let k = from; k < to; k++) if (Math.abs(gradient[k] as number) > leastTokenGradient) return true;
  return false;
}

function learnTransitions(
  path: Uint16Array,
  { expected, tags }: Chain,
  steps: Readonly<Record<'between' | 'within', FtrlWeights>>,
  weight: number,
): void {
  forEachStep(path.length, tags, path, (isBetween, cell) => {
    const table = isBetween ? expected.between : expected.within;
    table[cell] = (table[cell] as number) - 1;
  });
  for (const kind of ['between', 'within'] as const)
    expected[kind].forEach((slope, cell) => {
      if (Math.abs(slope * weight) > leastGradient) steps[kind].step(cell, slope * weight);
    });
}
