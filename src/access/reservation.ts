import type { Usage } from '../records/call.ts';
import type { Amounts } from '../records/limits.ts';
import type { Reservation, Use } from './gatekeeper.ts';
import type { Hold, Meter } from './meter.ts';
import type { Meters } from './meters.ts';
import type { Used } from './period-use.ts';

export interface ReservationParts {
  readonly holds: readonly { readonly meter: Meter; readonly hold: Hold }[];
  readonly amounts: Amounts;
  readonly isFree: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly meters: Meters;
  readonly onEnd: () => void;
}

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
 * What a request counts for. One that failed or was hung up on counts as a request, and with what is known of its cost; an
 * answer that does not say what it used counts with what was reserved for it.
 */
export function usedOf(
  { status, usage, cost }: Use,
  { amounts, isFree }: Pick<ReservationParts, 'amounts' | 'isFree'>,
): Used {
  const tokens = tokensOf(usage);
  const isAnswered = status < 400 && !isFree;
  return {
    requests: amounts.requests,
    tokens: tokens ?? (isAnswered ? amounts.tokens : 0),
    usd: cost ?? (isAnswered ? amounts.usd : 0),
    unknown: isAnswered && (tokens === null || cost === null) ? 1 : 0,
  };
}

function tokensOf(usage: Usage | null): number | null {
  if (usage === null || (usage.inputTokens === null && usage.outputTokens === null)) return null;
  return (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0);
}
