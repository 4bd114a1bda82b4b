import { parentPort, workerData } from 'node:worker_threads';
import { type ErrorCode, RightsizeError } from '../errors.ts';
import { openEncoderSession, type SessionFacts, type SessionSettings } from './encoder-session.ts';

/** Texts to be encoded; one request is worked on at a time. */
export interface EncoderRequest {
  readonly texts: readonly string[];
}

/** `ready` or `failed` comes once, at first; then a reply to each request. */
export type EncoderReply =
  | { readonly kind: 'ready'; readonly facts: SessionFacts }
  | { readonly kind: 'vectors'; readonly vectors: Float32Array; readonly ms: number }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };

const port = parentPort;
if (port !== null) await serve(port);

async function serve(to: NonNullable<typeof port>): Promise<void> {
  const reply = (message: EncoderReply, moved: readonly ArrayBuffer[] = []): void => to.postMessage(message, moved);
  try {
    const session = await openEncoderSession(workerData as SessionSettings);
    to.on('message', ({ texts }: EncoderRequest) => {
      const startedAt = performance.now();
      session.encode(texts).then(
        (vectors) =>
          reply({ kind: 'vectors', vectors, ms: performance.now() - startedAt }, [vectors.buffer as ArrayBuffer]),
        (error: unknown) => reply(failure(error)),
      );
    });
    reply({ kind: 'ready', facts: session.facts });
  } catch (error) {
    reply(failure(error));
  }
}

function failure(error: unknown): EncoderReply {
  const code = error instanceof RightsizeError ? error.code : 'encoder_failed';
  return { kind: 'failed', code, message: error instanceof Error ? error.message : String(error) };
}
