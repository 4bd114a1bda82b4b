import { portableExp } from '../portable-math.ts';
import type { HashTable } from '../vocabulary.ts';
import { spansOf } from './align-spans.ts';
import type { Chain, Transitions } from './chain.ts';
import { addParts } from './tag-states.ts';
import type { TaggedSpan, Tagging } from './tagger-contract.ts';
import { readFeatures, readTokens, type SlotFeatures } from './token-features.ts';

/** Weights that answer, wherever they come from: a file, or a fold that is still in memory. */
export interface TaggerModel {
  readonly tags: readonly string[];
  /** Slots that are searched. */
  readonly slots: readonly number[];
  /** Column of a feature. */
  readonly table: HashTable;
  /** Column c owns the pairs starts[c] … starts[c + 1]; columns beyond have no weights. */
  readonly starts: Int32Array;
  readonly parts: Uint16Array;
  readonly values: Float32Array;
  readonly transitions: Transitions;
  /** Whether the rows that taught the model held the feature of this column. */
  isFamiliar(column: number): boolean;
}

/** Features of every slot that is searched. */
export function readSearched(model: Pick<TaggerModel, 'slots'>, slots: readonly string[]): SearchedSlot[] {
  const tokens = readTokens(slots);
  return model.slots
    .filter((slot) => slot < slots.length)
    .map((slot) => ({ slot, features: readFeatures(slots, slot, tokens) }));
}

export interface SearchedSlot {
  readonly slot: number;
  readonly features: SlotFeatures;
}

/** Fills the chain's scores for one slot, divided by the temperature. Returns the tokens. */
export function scoreSlot(model: TaggerModel, { features }: SearchedSlot, chain: Chain, temperature = 1): number {
  const { starts: firsts, hashes, tokens } = features;
  const { table, starts, parts, values, tags } = model;
  const weighted = starts.length - 1;
  chain.reset(tokens.count);
  const { scores, states } = chain;
  for (let token = 0; token < tokens.count; token++) {
    const at = token * states;
    for (let j = firsts[token] as number; j < (firsts[token + 1] as number); j++) {
      const column = table.find(hashes[j] as number);
      if (column < 0 || column >= weighted) continue;
      for (let p = starts[column] as number, end = starts[column + 1] as number; p < end; p++) {
        const cell = at + (parts[p] as number);
        scores[cell] = (scores[cell] as number) + (values[p] as number);
      }
    }
    addParts(scores, at, tags.length);
    if (temperature !== 1) for (let k = at; k < at + states; k++) scores[k] = (scores[k] as number) / temperature;
  }
  return tokens.count;
}

/** What a model says to one input. The chain must have the model's tags, and be told its transitions by `use`. */
export function tagWith(model: TaggerModel, slots: readonly string[], chain: Chain, temperature = 1): Tagging {
  const spans: TaggedSpan[] = [];
  const familiarity = { own: 0, unseen: 0 };
  let logProbability = 0;
  let margin = 1;
  for (const searched of readSearched(model, slots)) {
    const count = scoreSlot(model, searched, chain, temperature);
    const path = new Int32Array(count);
    const score = chain.best(count, model.transitions, path);
    logProbability += score - chain.marginals(count);
    margin = Math.min(margin, leastMargin(chain, count));
    spans.push(...spansOf(path, searched.features.tokens, searched.slot, model.tags));
    countFamiliar(model, searched.features, familiarity);
  }
  return {
    spans,
    probability: Math.min(1, portableExp(logProbability)),
    margin,
    unseenShare: familiarity.own === 0 ? 1 : familiarity.unseen / familiarity.own,
  };
}

function leastMargin({ probabilities, states }: Chain, tokens: number): number {
  let least = 1;
  for (let at = 0; at < tokens * states; at += states) {
    let best = 0;
    let second = 0;
    for (let k = at; k < at + states; k++) {
      const probability = probabilities[k] as number;
      if (probability > best) {
        second = best;
        best = probability;
      } else if (probability > second) second = probability;
    }
    least = Math.min(least, best - second);
  }
  return least;
}

function countFamiliar(model: TaggerModel, features: SlotFeatures, into: { own: number; unseen: number }): void {
  const { starts, hashes, ownFeatures, tokens } = features;
  for (let token = 0; token < tokens.count; token++) {
    const from = starts[token] as number;
    const to = from + (ownFeatures[token] as number);
    for (let j = from; j < to; j++) {
      const column = model.table.find(hashes[j] as number);
      into.own++;
      if (column < 0 || !model.isFamiliar(column)) into.unseen++;
    }
  }
}
