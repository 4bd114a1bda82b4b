import type { ScoredOutcome } from '../../src/certify/choose-threshold.ts';
import type { Random } from '../../src/records/random.ts';
import type { RuleQuestion, RuleResult } from './bargain.ts';

export interface SupgSettings {
  /** What sampling weights are the square root of: the proxy's score as in the paper, or its doubt, since here errors are what is rare. */
  readonly weighsBy: 'score' | 'doubt';
  /** A threshold is tried every so many sampled records: m of the paper is 100. */
  readonly every: number;
}

/** Share of the sampling weights that is spread evenly, against scores that are wrong. */
const DEFENSIVE = 0.1;

/**
 * SUPG with a precision target (Kang et al., "Approximate Selection with Guarantees using Proxies", PVLDB 13(11), 2020: the two-stage
 * importance-sampling algorithm), from its paper: half of the labels, drawn with weights √score, bound the number of positives and so the largest
 * set worth trying; the other half are drawn from that set, and the largest candidate whose lower bound of the precision,
 * μ − σ/√s·√(2 ln(1/δ′)), δ′ = δ over twice the candidates, reaches its target is returned. "Positive" is a student's answer that is
 * right; that ε of *all* records may be answered and different makes the precision target of a set with coverage c 1 − ε/c.
 */
export function supg(
  sorted: readonly ScoredOutcome[],
  { epsilon, delta, labels }: RuleQuestion,
  { weighsBy, every }: SupgSettings,
  random: Random,
): RuleResult {
  const size = sorted.length;
  const half = Math.floor(labels / 2);
  const candidates = Math.max(1, Math.floor((labels - half) / every));
  const spent = delta / (2 * candidates);
  const { weights, sums } = samplingWeights(sorted, weighsBy);
  const first = sampleOf(sums, size, half, random);
  const positives = first.map((record) => (sorted[record]?.different ? 0 : 1 / (size * (weights[record] ?? 1))));
  const { mean, half: width } = boundOf(positives, spent);
  const largest = Math.min(size, Math.ceil(((mean + width) * size) / (1 - epsilon)));
  const second = sampleOf(sums, largest, labels - half, random).sort((a, b) => a - b);
  for (let count = candidates * every; count >= every; count -= every) {
    const last = second[count - 1] ?? 0;
    const target = 1 - (epsilon * size) / (last + 1);
    const inside = second.slice(0, count);
    const total = sums[last] ?? 0;
    const right = inside.map((record) =>
      sorted[record]?.different ? 0 : total / ((last + 1) * (weights[record] ?? 1)),
    );
    const bound = boundOf(right, spent);
    if (bound.mean - bound.half >= target) return { threshold: sorted[last]?.score ?? 0, labelled: labels };
  }
  return { threshold: Number.POSITIVE_INFINITY, labelled: labels };
}

interface Weights {
  readonly weights: Float64Array;
  /** Up to each record, itself included. */
  readonly sums: Float64Array;
}

function samplingWeights(sorted: readonly ScoredOutcome[], by: SupgSettings['weighsBy']): Weights {
  const roots = sorted.map(({ score }) => Math.sqrt(Math.max(0, by === 'score' ? score : 1 - score)));
  const total = roots.reduce((sum, root) => sum + root, 0);
  const weights = Float64Array.from(roots, (root) => ((1 - DEFENSIVE) * root) / total + DEFENSIVE / sorted.length);
  let sum = 0;
  const sums = weights.map((weight) => {
    sum += weight;
    return sum;
  });
  return { weights, sums };
}

/** Draws records among the first `size`, with replacement, each in proportion to its weight. */
function sampleOf(sums: Float64Array, size: number, count: number, random: Random): number[] {
  return Array.from({ length: count }, () => {
    const point = random() * (sums[size - 1] ?? 0);
    let low = 0;
    let high = size - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) > point) high = middle;
      else low = middle + 1;
    }
    return low;
  });
}

function boundOf(values: readonly number[], delta: number): { readonly mean: number; readonly half: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, half: Math.sqrt(variance / values.length) * Math.sqrt(2 * Math.log(1 / delta)) };
}
