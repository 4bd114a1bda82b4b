import type { Readable } from 'node:stream';
import type { RightsizeError } from '../errors.ts';
import type { HangUpSignal } from './hang-up.ts';

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface UpstreamRequest {
  readonly method: string;
  /** What stands behind `/v1`, with its query: `/chat/completions`. */
  readonly path: string;
  /** The caller's headers, lower-case. The provider drops what must not travel on. */
  readonly headers: Headers;
  /** The caller's own bytes; a stream can be sent only once. */
  readonly body: Buffer | Readable | null;
  /** The model that the body names, where somebody has read it. */
  readonly model?: string | null;
  /** The same body, asking for the chunk with the usage of a stream: sent in its place where the upstream can be asked. */
  readonly meteredBody?: Buffer;
  /** Aborted when the caller hangs up: the upstream's connection is closed with it. */
  readonly signal: HangUpSignal;
  /** Longest whole call from now on, where it is shorter than the provider's own limit. */
  readonly totalTimeoutMs?: number;
}

/** US dollars per million tokens. */
export interface DeploymentPrice {
  readonly input: number;
  readonly output: number;
  /** Null: cached tokens cost what others do. */
  readonly cachedInput: number | null;
}

export interface UpstreamResponse {
  readonly status: number;
  /** Without what belongs to the connection alone. */
  readonly headers: Headers;
  /** The upstream's own bytes, read as fast as they are taken. Destroying it closes the connection. */
  readonly body: Readable;
  /** What an error of `body` means: the upstream broke off, fell silent or took too long. */
  readonly failure: (error: unknown) => RightsizeError;
  /** Whether `meteredBody` was sent: then the stream says more than the caller asked for. */
  readonly isMetered?: boolean;
  /** Which of several deployments answered. */
  readonly deployment?: string;
  /** What the deployment costs, where the settings say so. */
  readonly price?: DeploymentPrice;
  /** Whether another model than the one asked for answered, as a fallback: it is not the teacher. */
  readonly isStandIn?: boolean;
  /** Times an upstream was asked for this answer; 1 where it is not said. */
  readonly attempts?: number;
}

/**
 * Who answers upstream. Backends differ in where answers come from, never in how they are handed over:
 * `provider.contract.ts` holds them to it.
 */
export interface Provider {
  /** For people: a URL, a file. */
  readonly name: string;
  /**
   * Resolves with status and headers, whatever the status. Rejects with a RightsizeError when there is no answer
   * (`upstream_unreachable`, `upstream_…_timeout`), with the signal's reason when it was aborted.
   */
  send(request: UpstreamRequest): Promise<UpstreamResponse>;
  /** Closes idle connections at once and the others when their answers end. */
  close(): Promise<void>;
}
