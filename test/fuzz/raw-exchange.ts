import { connect } from 'node:net';

export interface RawExchange {
  /** Everything that came back. */
  readonly bytes: Buffer;
  /** The other side neither answered nor let go in time, though we had said that no more will come. */
  readonly isHung: boolean;
  readonly durationMs: number;
}

export interface RawExchangeOptions {
  readonly port: number;
  readonly pieces: readonly Buffer[];
  /** Silence after which we say that no more will come; long enough for an upstream's time limits to end a call. */
  readonly quietMs: number;
  /** How long the other side may take after that. */
  readonly patienceMs: number;
}

/** Writes bytes on a connection of their own and reads until the other side closes, or has been silent for long. */
export function rawExchange({ port, pieces, quietMs, patienceMs }: RawExchangeOptions): Promise<RawExchange> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const received: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let timer = setTimeout(onQuiet, quietMs);
    let isHung = false;
    function onQuiet(): void {
      socket.end();
      timer = setTimeout(() => {
        isHung = true;
        socket.destroy();
      }, patienceMs);
    }
    socket.setNoDelay(true);
    socket.on('connect', () => {
      for (const piece of pieces) socket.write(piece);
    });
    socket.on('data', (piece: Buffer) => {
      received.push(piece);
      if (socket.writableEnded) return;
      clearTimeout(timer);
      // An answer has begun; what follows of it comes within the upstream's time limits, and usually at once.
      timer = setTimeout(onQuiet, quietMs);
    });
    socket.on('end', () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(timer);
      resolve({ bytes: Buffer.concat(received), isHung, durationMs: performance.now() - startedAt });
    });
  });
}
