import type { JsonObject } from '../../records/call.ts';

/** What a record of some format means. */
export type Translation =
  /** A record of the call log; `parseCall` judges it. */
  | { readonly kind: 'call'; readonly record: JsonObject }
  /** One side of a call; the other has the same key and stands elsewhere, in this file or another. */
  | { readonly kind: 'half'; readonly side: 'request' | 'response'; readonly key: string; readonly record: JsonObject }
  /** Belongs to the format, and is no chat completion: a span, an embedding. */
  | { readonly kind: 'other' }
  | { readonly kind: 'bad'; readonly reason: string };

/** A way in which somebody writes calls down. Recognised record by record, so that one file may hold several. */
export interface LogFormat {
  readonly name: string;
  recognises(record: JsonObject): boolean;
  translate(record: JsonObject): Translation;
}
