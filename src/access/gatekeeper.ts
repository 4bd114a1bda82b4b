import type { IncomingHttpHeaders } from 'node:http';
import type { Usage } from '../records/call.ts';
import type { KeyHeader } from './key-headers.ts';

/** Who sends a request, known from its headers alone: no byte of its body is read before. */
export interface Caller {
  /** Id of the gateway key, never the key; null where no key is asked for. */
  readonly key: string | null;
  /** Whose calls these are; null: whoever the request says. */
  readonly tenant: string | null;
  /** Headers that carry keys of this gateway, which must not travel on. */
  readonly keyHeaders: readonly KeyHeader[];
  /** Models this caller may ask for; null: all. */
  readonly models: readonly string[] | null;
}

/** What a request may come to, before anybody answers it. */
export interface Ask {
  readonly model: string | null;
  /** Estimated; null where nothing is known. */
  readonly inputTokens: number | null;
  /** The most the request allows for one answer; null where it sets no limit. As it was sent: any number at all. */
  readonly maxOutputTokens: number | null;
  /** Answers asked for at once (`n`), as it was sent; one where nothing is said. */
  readonly answers?: unknown;
  /** Nothing is answered by a model, as where models are listed: it costs nothing. */
  readonly isFree?: boolean;
}

/** What a request came to. Null figures are unknown, never zero. */
export interface Use {
  readonly status: number;
  readonly usage: Usage | null;
  /** US dollars. */
  readonly cost: number | null;
  /** Where the caller did not wait for the end: bytes that had been sent, for which the upstream is paid. */
  readonly sentBytes?: number;
}

/** Room taken in a caller's limits and budgets until the request has ended. Exactly one of both methods counts, once. */
export interface Reservation {
  /** Rate-limit headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** The request was answered: what it used takes the place of what was reserved. */
  settle(use: Use): void;
  /** The request came to nothing: what was reserved is given back. */
  release(): void;
}

export interface Gatekeeper {
  /** Throws `invalid_api_key`. Looks at headers alone. */
  admit(headers: IncomingHttpHeaders): Caller | Promise<Caller>;
  /**
   * Throws where `reserve` would throw whatever is asked, so that the body of such a request is not read. Reserves nothing.
   */
  check?(caller: Caller): void;
  /**
   * Throws `model_not_allowed`, `price_unknown`, `rate_limit_exceeded`, `insufficient_quota`: nothing is reserved then.
   */
  reserve(caller: Caller, ask: Ask): Reservation | Promise<Reservation>;
}
