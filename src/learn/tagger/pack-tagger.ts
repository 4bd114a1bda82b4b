import type { ChainWeights } from './fit-chain.ts';
import { isOwnFeature, type Pairs } from './sequences.ts';
import type { TaggerContents, TaggerManifest } from './tagger-file.ts';

/** Bytes that weights may take; beyond, the smallest go. */
const mostBytes = 7_500_000;
/** Smaller weights change no answer that is not a coin toss anyway. */
const leastWeight = 0.01;
const mostPairsEach = 255;

/** Drops small weights, rounds the rest to bytes, and divides all by the temperature. */
export function packTagger(
  pairs: Pairs,
  { values, transitions }: ChainWeights,
  manifest: Omit<TaggerManifest, 'features' | 'familiar' | 'pairs' | 'format' | 'version'>,
): TaggerContents {
  const threshold = chooseThreshold(values, pairs.hashes.length);
  const weighted: number[] = [];
  const weightless: number[] = [];
  for (let column = 0; column < pairs.hashes.length; column++)
    if (keptPairs(pairs, values, column, threshold).length > 0) weighted.push(column);
    else if (isOwnFeature(pairs, column)) weightless.push(column);
  const pairCounts = new Uint8Array(weighted.length);
  const scales = new Float32Array(weighted.length);
  const parts: number[] = [];
  const weights: number[] = [];
  weighted.forEach((column, at) => {
    const kept = keptPairs(pairs, values, column, threshold);
    const largest = kept.reduce((most, p) => Math.max(most, Math.abs(values[p] as number)), 0);
    pairCounts[at] = kept.length;
    scales[at] = largest / 127 / manifest.temperature;
    for (const p of kept) {
      parts.push(pairs.parts[p] as number);
      weights.push(Math.round(((values[p] as number) / largest) * 127));
    }
  });
  const steps = [...transitions.between, ...transitions.within].map((weight) => weight / manifest.temperature);
  return {
    manifest: {
      format: 'rightsize-tagger',
      version: 1,
      ...manifest,
      features: weighted.length,
      familiar: weightless.length,
      pairs: parts.length,
    },
    hashes: Int32Array.from([...weighted, ...weightless], (column) => pairs.hashes[column] as number),
    pairCounts,
    scales,
    parts: Uint16Array.from(parts),
    weights: Int8Array.from(weights),
    transitions: Float32Array.from(steps),
  };
}

/** The largest weights of a feature that are above the threshold, in the order of their parts. */
function keptPairs({ starts }: Pairs, values: Float32Array, column: number, threshold: number): number[] {
  const kept: number[] = [];
  for (let p = starts[column] as number; p < (starts[column + 1] as number); p++)
    if (Math.abs(values[p] as number) > threshold) kept.push(p);
  if (kept.length <= mostPairsEach) return kept;
  return kept
    .sort((a, b) => Math.abs(values[b] as number) - Math.abs(values[a] as number))
    .slice(0, mostPairsEach)
    .sort((a, b) => a - b);
}

function chooseThreshold(values: Float32Array, features: number): number {
  const room = Math.max(0, Math.floor((mostBytes - 9 * features) / 3));
  const sizes = values.map(Math.abs).filter((size) => size > leastWeight);
  return sizes.length <= room ? leastWeight : (sizes.sort()[sizes.length - room] ?? leastWeight);
}
