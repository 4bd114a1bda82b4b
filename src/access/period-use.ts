import { type Amounts, resources } from '../records/limits.ts';

interface MutableAmounts {
  requests: number;
  tokens: number;
  usd: number;
}

/** What was used, and by how many requests that did not say how much: in the sums stands what was reserved for them. */
export interface Used extends Amounts {
  readonly unknown: number;
}

/** What one key or tenant used in one day or month. */
export class PeriodUse {
  /** Used, and reserved for requests that are still being answered. */
  readonly taken: MutableAmounts = none();
  readonly #used = { ...none(), unknown: 0 };
  readonly #unsaved = { ...none(), unknown: 0 };
  #open = 0;

  get used(): Used {
    return this.#used;
  }

  /** Nothing is reserved, and the store knows everything. */
  get isIdle(): boolean {
    return this.#open === 0 && this.#isSaved;
  }

  take(amounts: Amounts): void {
    this.#open++;
    add(this.taken, amounts, 1);
  }

  settle(reserved: Amounts, used: Used): void {
    this.#open--;
    addUsed(this.#used, used);
    addUsed(this.#unsaved, used);
    add(this.taken, reserved, -1);
    add(this.taken, used, 1);
    // Sums and differences of fractions drift; with nothing reserved both are the same.
    if (this.#open === 0) copy(this.#used, this.taken);
  }

  /** Counts what the store knows already. */
  restore(used: Used): void {
    addUsed(this.#used, used);
    add(this.taken, used, 1);
  }

  /** What the store does not know yet, and counts as told from now on; null where there is nothing. */
  takeUnsaved(): Used | null {
    if (this.#isSaved) return null;
    const unsaved = { ...this.#unsaved };
    Object.assign(this.#unsaved, none(), { unknown: 0 });
    return unsaved;
  }

  /** The store did not take it: it is to be told again. */
  putBack(unsaved: Used): void {
    addUsed(this.#unsaved, unsaved);
  }

  get #isSaved(): boolean {
    return this.#unsaved.unknown === 0 && resources.every((resource) => this.#unsaved[resource] === 0);
  }
}

function none(): MutableAmounts {
  return { requests: 0, tokens: 0, usd: 0 };
}

function add(sum: MutableAmounts, { requests, tokens, usd }: Amounts, sign: 1 | -1): void {
  sum.requests += sign * requests;
  sum.tokens += sign * tokens;
  sum.usd += sign * usd;
}

function addUsed(sum: MutableAmounts & { unknown: number }, used: Used): void {
  add(sum, used, 1);
  sum.unknown += used.unknown;
}

function copy({ requests, tokens, usd }: Amounts, target: MutableAmounts): void {
  target.requests = requests;
  target.tokens = tokens;
  target.usd = usd;
}
