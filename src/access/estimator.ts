import { costOfCall } from '../economics/cost-of-call.ts';
import type { Rates } from '../economics/find-price.ts';
import { RightsizeError } from '../errors.ts';
import type { Amounts } from '../records/limits.ts';
import type { Ask } from './gatekeeper.ts';

export interface EstimatorOptions {
  /** For answers that the request does not limit. */
  readonly assumedOutputTokens: number;
  readonly unknownPrice: 'refuse' | 'allow';
  /** Of a model as requests name it; null where it is not known. */
  readonly priceOf: (model: string) => Rates | null;
}

const oneRequest: Amounts = { requests: 1, tokens: 0, usd: 0 };
/** No model writes more; a larger number in a request must not drown what others have reserved. */
const longestAnswer = 10_000_000;
const mostAnswers = 128;
/** Names come from callers: they are not remembered without end. */
const rememberedPrices = 1_000;

/** What a request may come to, in parts. */
export interface Estimate {
  /** All of it. */
  readonly amounts: Amounts;
  /** What it comes to before a word is answered. */
  readonly asked: Amounts;
  /** In `amounts`, of the answers. */
  readonly outputTokens: number;
}

const free: Estimate = { amounts: oneRequest, asked: oneRequest, outputTokens: 0 };

/** What a request may come to at most, as far as that can be told before it is answered. */
export class Estimator {
  readonly #options: EstimatorOptions;
  readonly #prices = new Map<string, Rates | null>();

  constructor(options: EstimatorOptions) {
    this.#options = options;
  }

  /** Throws `price_unknown` where money is limited, nothing is known of the price, and the settings refuse that. */
  estimate({ model, inputTokens, maxOutputTokens, answers, isFree }: Ask, isMoneyLimited: boolean): Estimate {
    if (isFree === true) return free;
    const usage = {
      inputTokens: inputTokens ?? 0,
      outputTokens: this.#tokensOfAnswer(maxOutputTokens) * within(answers, 1, mostAnswers, 1),
      cachedInputTokens: null,
    };
    const price = model === null ? null : this.#priceOf(model);
    const usd = costOfCall(usage, price);
    if (usd === null && isMoneyLimited && this.#options.unknownPrice === 'refuse') throw priceUnknown(model);
    const askedUsd = usd === null ? 0 : (costOfCall({ ...usage, outputTokens: 0 }, price) ?? 0);
    return {
      amounts: { requests: 1, tokens: usage.inputTokens + usage.outputTokens, usd: usd ?? 0 },
      asked: { requests: 1, tokens: usage.inputTokens, usd: askedUsd },
      outputTokens: usage.outputTokens,
    };
  }

  #tokensOfAnswer(most: number | null): number {
    return within(most, 0, longestAnswer, this.#options.assumedOutputTokens);
  }

  #priceOf(model: string): Rates | null {
    const known = this.#prices.get(model);
    if (known !== undefined) return known;
    if (this.#prices.size >= rememberedPrices) this.#prices.clear();
    const price = this.#options.priceOf(model);
    this.#prices.set(model, price);
    return price;
  }
}

/** Numbers in requests may be anything: negative, fractions, far too large. */
function within(value: unknown, least: number, most: number, otherwise: number): number {
  return typeof value === 'number' && !Number.isNaN(value) ? Math.min(most, Math.max(least, value)) : otherwise;
}

function priceUnknown(model: string | null): RightsizeError {
  const what = model === null ? 'what this request will cost' : `the price of \`${model}\``;
  return new RightsizeError('price_unknown', `A budget holds for this key, and ${what} is not known.`);
}
