import type { IncomingMessage } from 'node:http';
import { RightsizeError } from '../errors.ts';

const bodies = new WeakMap<IncomingMessage, Promise<Buffer>>();

/**
 * The whole body, for whoever asks and as often as they ask. Throws `body_too_large` as soon as that is known,
 * `request_cancelled` when the caller hangs up.
 */
export function readBody(request: IncomingMessage, maxBodyBytes: number): Promise<Buffer> {
  const known = bodies.get(request);
  if (known !== undefined) return known;
  const body = read(request, maxBodyBytes);
  bodies.set(request, body);
  return body;
}

async function read(request: IncomingMessage, maxBodyBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge(maxBodyBytes);
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    request.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > maxBodyBytes) {
        request.removeAllListeners('data');
        reject(tooLarge(maxBodyBytes));
      } else pieces.push(piece);
    });
    request.once('end', () => resolve(Buffer.concat(pieces, bytes)));
    const onBroken = () => reject(new RightsizeError('request_cancelled', 'The caller hung up.'));
    request.once('error', onBroken);
    request.once('aborted', onBroken);
  });
}

function tooLarge(maxBodyBytes: number): RightsizeError {
  return new RightsizeError('body_too_large', `The body is larger than \`maxBodyBytes\`, ${maxBodyBytes}.`);
}
