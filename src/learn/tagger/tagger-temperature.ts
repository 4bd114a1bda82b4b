import { alignSpans } from './align-spans.ts';
import type { Chain, Transitions } from './chain.ts';
import type { TaggerRow } from './tagger-contract.ts';
import { readSearched, scoreSlot, type TaggerModel } from './tagger-model.ts';

/** A row, and weights that did not learn from it. */
export interface HeldOutRow {
  readonly row: TaggerRow;
  readonly model: TaggerModel;
}

/** Rows that are looked at: more change the second decimal only. */
const mostRows = 1000;
const range = { least: 0.5, most: 5 };
const steps = 8;

/** The temperature under which the held-out rows' own taggings are likeliest, by golden section on its logarithm. */
export function fitTemperature(heldOut: readonly HeldOutRow[], chain: Chain): number {
  const stride = Math.ceil(heldOut.length / mostRows);
  const chosen = heldOut.filter((_, at) => at % stride === 0);
  const loss = (logarithm: number): number => heldOutLoss(chosen, chain, Math.exp(logarithm));
  const golden = (Math.sqrt(5) - 1) / 2;
  let low = Math.log(range.least);
  let high = Math.log(range.most);
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
  return Math.exp((low + high) / 2);
}

/** Sum of −log p(tagging) over the rows. */
function heldOutLoss(heldOut: readonly HeldOutRow[], chain: Chain, temperature: number): number {
  let loss = 0;
  for (const { row, model } of heldOut) {
    const transitions = cool(model.transitions, temperature);
    const tagNumbers = new Map(model.tags.map((tag, number) => [tag, number]));
    chain.use(transitions);
    for (const searched of readSearched(model, row.slots)) {
      const count = scoreSlot(model, searched, chain, temperature);
      const spans = row.spans.filter((span) => span.slot === searched.slot);
      const { path } = alignSpans(spans, searched.features.tokens, tagNumbers);
      loss += chain.marginals(count) - chain.scoreOf(count, transitions, path);
    }
  }
  return loss;
}

/** Transitions divided by a temperature. */
export function cool({ tags, between, within }: Transitions, temperature: number): Transitions {
  const divide = (weight: number): number => weight / temperature;
  return { tags, between: between.map(divide), within: within.map(divide) };
}
