import { portableExp, portableLog } from '../portable-math.ts';
import { alignSpans } from './align-spans.ts';
import type { Chain, Transitions } from './chain.ts';
import type { TaggerRow } from './tagger-contract.ts';
import { readSearched, scoreSlot, type TaggerModel } from './tagger-model.ts';

/** A row, and weights that did not learn from it. */
export interface HeldOutRow {
  readonly row: TaggerRow;
  readonly model: TaggerModel;
}

/** Tokens that are looked at: more change the second decimal only. */
const mostTokens = 20_000;
const range = { least: 0.5, most: 5 };
const steps = 8;

/** The temperature under which the held-out rows' own taggings are likeliest, by golden section on its logarithm. */
export function fitTemperature(heldOut: readonly HeldOutRow[], chain: Chain): number {
  const scored = scoreSome(heldOut, chain);
  const loss = (logarithm: number): number => heldOutLoss(scored, chain, portableExp(logarithm));
  const golden = (Math.sqrt(5) - 1) / 2;
  let low = portableLog(range.least);
  let high = portableLog(range.most);
  let left = high - golden * (high - low);
  let right = low + golden * (high - low);
  let [lossLeft, lossRight] = [loss(left), loss(right)];
  for (let step = 0; step < steps; step++)
    if (lossLeft < lossRight) {
      [high, right, lossRight] = [right, left, lossLeft];
      left = high - golden * (high - low);
      lossLeft = loss(left);
    } else {
      [low, left, lossLeft] = [left, right, lossRight];
      right = low + golden * (high - low);
      lossRight = loss(right);
    }
  return portableExp((low + high) / 2);
}

/** A slot under weights that did not learn from it. */
interface ScoredSlot {
  readonly model: TaggerModel;
  readonly scores: Float64Array;
  /** What the slot's tokens should be. */
  readonly path: Uint16Array;
}

/** Slots of rows in even distances, as many as the tokens allow. */
function scoreSome(heldOut: readonly HeldOutRow[], chain: Chain): readonly ScoredSlot[] {
  const scored: ScoredSlot[] = [];
  let tokens = 0;
  for (let start = 0; start < strides; start++)
    for (let at = start; at < heldOut.length && tokens < mostTokens; at += strides) {
      const { row, model } = heldOut[at] as HeldOutRow;
      const tagNumbers = new Map(model.tags.map((tag, number) => [tag, number]));
      for (const searched of readSearched(model, row.slots)) {
        const count = scoreSlot(model, searched, chain);
        const spans = row.spans.filter((span) => span.slot === searched.slot);
        const { path } = alignSpans(spans, searched.features.tokens, tagNumbers);
        scored.push({ model, scores: chain.scores.slice(0, count * chain.states), path });
        tokens += count;
      }
    }
  return scored;
}

const strides = 16;

/** Sum of −log p(tagging) over the slots. */
function heldOutLoss(scored: readonly ScoredSlot[], chain: Chain, temperature: number): number {
  const cooled = new Map<TaggerModel, Transitions>();
  let loss = 0;
  for (const { model, scores, path } of scored) {
    const transitions = cooled.get(model) ?? cool(model.transitions, temperature);
    cooled.set(model, transitions);
    chain.use(transitions);
    chain.reset(path.length);
    for (let k = 0; k < scores.length; k++) chain.scores[k] = (scores[k] as number) / temperature;
    loss += chain.marginals(path.length) - chain.scoreOf(path.length, transitions, path);
  }
  return loss;
}

/** Transitions divided by a temperature. */
export function cool({ tags, between, within }: Transitions, temperature: number): Transitions {
  const divide = (weight: number): number => weight / temperature;
  return { tags, between: between.map(divide), within: within.map(divide) };
}
