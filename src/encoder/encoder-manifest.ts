import { createHash } from 'node:crypto';
import type { EncoderNeed } from '../records/encoder-need.ts';
import type { Pooling } from './pooling.ts';

/** What is recorded beside an installed encoder's files. */
export interface EncoderManifest extends EncoderNeed {
  readonly format: 1;
  /** For people; unique among the installed. */
  readonly name: string;
  /** Folder or address it came from. */
  readonly source: string;
  /** Milliseconds since 1970, UTC. */
  readonly addedAt: number;
  /** SHA-256 of the files, hex. */
  readonly modelHash: string;
  readonly tokenizerHash: string;
  /** Of both files. */
  readonly bytes: number;
  /** The model's output that is read, and how. */
  readonly output: string;
  readonly pooling: Pooling;
  /** Longest text read, in tokens. */
  readonly tokens: number;
  /**
   * Whether texts may be encoded together. Models whose numbers are quantised on the fly give other vectors in company;
   * those read one text at a time.
   */
  readonly batches: boolean;
  /** Milliseconds a text of thirty tokens took when the encoder was added, in the median. */
  readonly medianMs: number;
}

/** The same files read in the same way are the same encoder, wherever they came from. */
export function encoderId({
  modelHash,
  tokenizerHash,
  pooling,
  tokens,
}: Pick<EncoderManifest, 'modelHash' | 'tokenizerHash' | 'pooling' | 'tokens'>): string {
  return hashOf(Buffer.from(JSON.stringify([modelHash, tokenizerHash, pooling, tokens])));
}

/** SHA-256, hex. */
export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
