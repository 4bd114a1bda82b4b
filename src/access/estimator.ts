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
/** Names come from callers: they are not remembered without end. */
const rememberedPrices = 1_000;

/** What a request may come to at most, as far as that can be told before it is answered. */
export class Estimator {
  readonly #options: EstimatorOptions;
  readonly #prices = new Map<string, Rates | null>();

  constructor(options: EstimatorOptions) {
    this.#options = options;
  }

  /** Throws `price_unknown` where money is limited, nothing is known of the price, and the settings refuse that. */
  amountsOf({ model, inputTokens, maxOutputTokens, isFree }: Ask, isMoneyLimited: boolean): Amounts {
    if (isFree === true) return oneRequest;
    const usage = {
      inputTokens: inputTokens ?? 0,
      outputTokens: maxOutputTokens ?? this.#options.assumedOutputTokens,
      cachedInputTokens: null,
    };
    const usd = model === null ? null : costOfCall(usage, this.#priceOf(model));
    if (usd === null && isMoneyLimited && this.#options.unknownPrice === 'refuse') throw priceUnknown(model);
    return { requests: 1, tokens: usage.inputTokens + usage.outputTokens, usd: usd ?? 0 };
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

function priceUnknown(model: string | null): RightsizeError {
  const what = model === null ? 'what this request will cost' : `the price of \`${model}\``;
  return new RightsizeError('price_unknown', `A budget holds for this key, and ${what} is not known.`);
}
