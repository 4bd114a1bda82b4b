import { Readable } from 'node:stream';

/** No byte came in time. */
export class FirstByteTimeout extends Error {}

/**
 * Waits until something of the body has arrived, or its end, and gives the body with nothing taken out of it. An empty
 * one ends while it is waited for, so another empty one takes its place. Rejects where it broke off before, with a
 * FirstByteTimeout where it is silent for `withinMs`.
 */
export function firstByte(body: Readable, withinMs: number): Promise<Readable> {
  if (body.readableLength > 0) return Promise.resolve(body);
  if (body.readableEnded) return Promise.resolve(Readable.from([]));
  if (body.destroyed) return Promise.reject(body.errored ?? new Error('closed'));
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void) => {
      clearTimeout(timer);
      body.off('readable', onReadable).off('end', onEnd).off('error', onError).off('close', onClose);
      outcome();
    };
    const onReadable = () => settle(() => resolve(body.readableLength > 0 ? body : Readable.from([])));
    const onEnd = () => settle(() => resolve(Readable.from([])));
    const onError = (error: unknown) => settle(() => reject(error));
    const onClose = () => settle(() => reject(new Error('closed')));
    const timer = setTimeout(() => settle(() => reject(new FirstByteTimeout())), withinMs);
    body.on('readable', onReadable).on('end', onEnd).on('error', onError).on('close', onClose);
  });
}

/** An error answer that is looked into. */
const errorAnswer = { bytes: 64 * 1024, withinMs: 2_000 };

/** A small body as one piece, so that its connection is free again; null where it is large, slow or breaks off. */
export async function readSmall(body: Readable, { bytes: most, withinMs } = errorAnswer): Promise<Buffer | null> {
  const timer = setTimeout(() => body.destroy(), withinMs);
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of body) {
      pieces.push(piece as Buffer);
      bytes += (piece as Buffer).length;
      if (bytes > most) return null;
    }
    return Buffer.concat(pieces);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
