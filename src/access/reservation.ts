import type { Usage } from '../records/call.ts';
import type { Estimate } from './estimator.ts';
import type { Reservation, Use } from './gatekeeper.ts';
import type { Hold, Meter } from './meter.ts';
import type { Meters } from './meters.ts';
import type { Used } from './period-use.ts';

export interface ReservationParts {
  readonly holds: readonly { readonly meter: Meter; readonly hold: Hold }[];
  readonly estimate: Estimate;
  readonly isFree: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly meters: Meters;
  readonly onEnd: () => void;
}

/** An event of a stream carries about one token, in some hundred to three hundred bytes. */
const bytesPerSentToken = 200;
const nothing: Used = { requests: 0, tokens: 0, usd: 0, unknown: 0 };

/** Room taken in some meters. It lives in memory alone: a crash gives it back. */
export class HeldReservation implements Reservation {
  readonly headers: Readonly<Record<string, string>>;
  readonly #parts: ReservationParts;
  #isOpen = true;

  constructor(parts: ReservationParts) {
    this.headers = parts.headers;
    this.#parts = parts;
  }

  settle(use: Use): void {
    this.#end(usedOf(use, this.#parts));
  }

  release(): void {
    this.#end(nothing);
  }

  #end(used: Used): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { holds, meters, onEnd } = this.#parts;
    const { steadyMs } = meters.moment();
    for (const { meter, hold } of holds) {
      meter.settle(hold, used, steadyMs);
      meters.changed(meter);
    }
    onEnd();
  }
}

/**
 * What a request counts for. One that failed counts as a request, and with what is known of its cost; an answer that does
 * not say what it used counts with what was reserved for it; one that was hung up on with its input and what had been sent.
 */
export function usedOf(
  { status, usage, cost, sentBytes }: Use,
  { estimate: { amounts, asked, outputTokens }, isFree }: Pick<ReservationParts, 'estimate' | 'isFree'>,
): Used {
  const tokens = tokensOf(usage);
  const isHungUp = sentBytes !== undefined && !isFree;
  const isAnswered = status < 400 && !isFree && !isHungUp;
  const share = outputTokens === 0 ? 0 : (sentBytes ?? 0) / bytesPerSentToken / outputTokens;
  const guess = (resource: 'tokens' | 'usd') => {
    if (isAnswered) return amounts[resource];
    return isHungUp ? asked[resource] + share * (amounts[resource] - asked[resource]) : 0;
  };
  return {
    requests: amounts.requests,
    tokens: tokens ?? Math.round(guess('tokens')),
    usd: cost ?? guess('usd'),
    unknown: (isAnswered || isHungUp) && (tokens === null || cost === null) ? 1 : 0,
  };
}

function tokensOf(usage: Usage | null): number | null {
  if (usage === null || (usage.inputTokens === null && usage.outputTokens === null)) return null;
  return (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0);
}
