import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Ask, Caller } from '../access/gatekeeper.ts';
import type { RightsizeError } from '../errors.ts';
import type { Headers } from '../providers/provider.ts';
import type { Usage } from '../records/call.ts';
import type { Endpoint } from './find-endpoint.ts';

/** Ends a request from here, because the server cannot wait for it any longer. */
export interface Interruption {
  /** Null until then. */
  reason: RightsizeError | null;
  /** Breaks off what is under way upstream; set by whoever began it. */
  stop: ((reason: RightsizeError) => void) | null;
}

/** One request and the connection it came on, admitted. */
export interface Exchange {
  /** `call_…`: on every answer as `x-rightsize-call`, and as `x-request-id` where the upstream gives none. */
  readonly id: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly endpoint: Endpoint;
  /** What stands behind `/v1`, with its query. */
  readonly path: string;
  /** The caller's headers, less the key of this gateway. */
  readonly headers: Headers;
  readonly caller: Caller;
  /** Of `performance.now()`. */
  readonly startedAt: number;
  readonly interruption: Interruption;
  /**
   * Takes room in the caller's limits, once the body has said what is asked; settled or given back when the request ends.
   * Gives the headers that the answer carries. Throws what Gatekeeper.reserve throws.
   */
  reserve(ask: Ask): Promise<Readonly<Record<string, string>>>;
}

/** How a request ended, for limits, metrics and logs; nothing of its content. */
export interface ExchangeEnd {
  /** Of the answer; 499 where the caller hung up. */
  readonly status: number;
  /** As the request named it. */
  readonly model: string | null;
  readonly answeredBy: 'student' | 'teacher' | 'cache' | 'gateway';
  /** Code of the error where it failed. */
  readonly error: string | null;
  readonly usage: Usage | null;
  /** US dollars; null where unknown. */
  readonly cost: number | null;
  /** US dollars that an answer from the cache would have cost; null everywhere else, and where unknown. */
  readonly saved: number | null;
  /** The task's name; null where the call belongs to none. */
  readonly task: string | null;
  /** Which deployment answered; null where none was asked or there is only one. */
  readonly deployment: string | null;
  /** Times an upstream was asked; 0 for answers from here. */
  readonly attempts: number;
}

/** Answers one endpoint. What it throws before the first byte becomes an error answer. */
export type RouteHandler<Parts> = (exchange: Exchange, parts: Parts) => Promise<ExchangeEnd>;

/** An end of which nothing more is known. */
export function plainEnd(
  status: number,
  answeredBy: ExchangeEnd['answeredBy'],
  error: string | null = null,
): ExchangeEnd {
  return {
    status,
    answeredBy,
    error,
    model: null,
    task: null,
    usage: null,
    cost: null,
    saved: null,
    deployment: null,
    attempts: answeredBy === 'teacher' ? 1 : 0,
  };
}
