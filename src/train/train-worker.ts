import { parentPort } from 'node:worker_threads';
import { type ErrorCode, RightsizeError } from '../errors.ts';
import { type PackedJob, unpackJob } from './pack-vectors.ts';
import { trainNow } from './train-now.ts';

/** What a training worker is sent, and what it sends back. Students travel as bytes: they are data, never code. */
export interface WorkerRequest {
  readonly id: number;
  readonly packed: PackedJob;
}

export type WorkerReply =
  | { readonly id: number; readonly kind: 'progress'; readonly share: number }
  | {
      readonly id: number;
      readonly kind: 'done';
      readonly bytes: Uint8Array;
      readonly labels: readonly string[];
      readonly scores: Float64Array;
      readonly report: unknown;
    }
  | { readonly id: number; readonly kind: 'failed'; readonly code: ErrorCode | null; readonly message: string };

const port = parentPort;

port?.on('message', ({ id, packed }: WorkerRequest) => {
  try {
    const trained = trainNow(unpackJob(packed), (share) =>
      port.postMessage({ id, kind: 'progress', share } satisfies WorkerReply),
    );
    const reply: WorkerReply = {
      id,
      kind: 'done',
      bytes: trained.student.toBytes(),
      labels: trained.outOfFold.map((guess) => guess.label),
      scores: Float64Array.from(trained.outOfFold, (guess) => guess.score),
      report: trained.report,
    };
    port.postMessage(reply);
  } catch (error) {
    port.postMessage({
      id,
      kind: 'failed',
      code: error instanceof RightsizeError ? error.code : null,
      message: error instanceof Error ? error.message : String(error),
    } satisfies WorkerReply);
  }
});
