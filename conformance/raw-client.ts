import { connect, type Socket } from 'node:net';
import type { Addressed } from './client.ts';
import { bodyOf, readHeaders } from './request-reader.ts';

export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A connection on which a check writes what it likes. */
export interface RawConnection {
  readonly socket: Socket;
  /** Bytes as they are; text is Latin-1. */
  write(bytes: string | Buffer): void;
  /** All that came so far, Latin-1. */
  readonly received: string;
  readonly isClosed: boolean;
  /** Resolves when the gateway closed the connection or the time is over; says which. */
  closed(milliseconds: number): Promise<boolean>;
  /** Resolves with so many complete answers, or with fewer where the connection ended or time is over. */
  answers(count: number, milliseconds?: number): Promise<readonly RawAnswer[]>;
}

/** Lines of a request's headers, each with its line end: what the gateway wants of every caller, and more. */
export function headerLines({ headers }: Addressed, more: Readonly<Record<string, string>> = {}): string {
  return Object.entries({ host: 'gateway.test', ...headers(more) })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}

export async function openRaw(origin: string): Promise<RawConnection> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  let received = Buffer.alloc(0);
  let isClosed = false;
  socket.on('data', (bytes) => {
    received = Buffer.concat([received, bytes]);
  });
  socket.on('close', () => {
    isClosed = true;
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => {});
  const waitFor = async (claim: () => boolean, milliseconds: number): Promise<boolean> => {
    const deadline = performance.now() + milliseconds;
    while (!claim() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
    return claim();
  };
  return {
    socket,
    write: (bytes) => void socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes),
    get received() {
      return received.toString('latin1');
    },
    get isClosed() {
      return isClosed;
    },
    closed: (milliseconds) => waitFor(() => isClosed, milliseconds),
    async answers(count, milliseconds = 5_000) {
      await waitFor(() => isClosed || readAnswers(received, isClosed).length >= count, milliseconds);
      return readAnswers(received, isClosed);
    },
  };
}

/** The complete answers at the start of what came. */
export function readAnswers(bytes: Buffer, isClosed: boolean): readonly RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = bytes;
  for (;;) {
    const headEnd = rest.indexOf('\r\n\r\n');
    if (headEnd < 0) return answers;
    const head = rest.subarray(0, headEnd + 4).toString('latin1');
    const headers = readHeaders(head);
    const status = Number(head.split(' ')[1]);
    const behind = rest.subarray(headEnd + 4);
    const isInterim = status >= 100 && status < 200;
    const endsWithConnection =
      !isInterim &&
      headers['content-length'] === undefined &&
      headers['transfer-encoding'] === undefined &&
      status !== 204;
    if (endsWithConnection && !isClosed) return answers;
    const found = endsWithConnection
      ? { body: behind, length: behind.length }
      : isInterim
        ? { body: Buffer.alloc(0), length: 0 }
        : bodyOf(behind, headers);
    if (found === null) return answers;
    answers.push({ status, head, headers, body: found.body.toString() });
    rest = behind.subarray(found.length);
  }
}
