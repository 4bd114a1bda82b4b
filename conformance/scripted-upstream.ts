import { createServer, type Server, type Socket } from 'node:net';
import { RequestReader, type UpstreamRequest } from './request-reader.ts';
import { UpstreamReply } from './upstream-reply.ts';

export type UpstreamScript = (reply: UpstreamReply, request: UpstreamRequest) => unknown;

export interface UpstreamConnection {
  readonly socket: Socket;
  /** Of `performance.now()`. */
  readonly openedAt: number;
  /** Null while it is open. */
  readonly closedAt: number | null;
}

/** A server on this machine that answers as a check tells it to, byte for byte. */
export interface ScriptedUpstream {
  readonly port: number;
  /** With its `/v1`. */
  readonly baseUrl: string;
  /** Answers every request from now on. It may write, wait, reset: whatever an upstream does. */
  script: UpstreamScript;
  /** Complete requests in the order they came. */
  readonly requests: readonly UpstreamRequest[];
  readonly connections: readonly UpstreamConnection[];
  /** Whether an answer since the last reset was a failure that a gateway may remember. */
  readonly hasFailed: boolean;
  /** Forgets script and requests; open connections stay. */
  reset(): void;
  close(): Promise<void>;
}

export async function startScriptedUpstream(port = 0): Promise<ScriptedUpstream> {
  const upstream = new RunningUpstream();
  await upstream.listen(port);
  return upstream;
}

class RunningUpstream implements ScriptedUpstream {
  readonly #server: Server = createServer((socket) => this.#accept(socket));
  script: UpstreamScript = refuse;
  requests: UpstreamRequest[] = [];
  connections: { socket: Socket; openedAt: number; closedAt: number | null }[] = [];
  hasFailed = false;
  port = 0;

  get baseUrl(): string {
    return `http://127.0.0.1:${this.port}/v1`;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    if (typeof address === 'object' && address !== null) this.port = address.port;
  }

  reset(): void {
    this.script = refuse;
    this.requests = [];
    this.connections = this.connections.filter(({ closedAt }) => closedAt === null);
    this.hasFailed = false;
  }

  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    const connection = { socket, openedAt: performance.now(), closedAt: null as number | null };
    this.connections.push(connection);
    const reader = new RequestReader(socket, connection);
    let isAnswering = false;
    const answerNext = async (): Promise<void> => {
      const request = isAnswering ? null : reader.next();
      if (request === null) return;
      isAnswering = true;
      this.requests.push(request);
      const reply = new UpstreamReply(socket, () => {
        this.hasFailed = true;
      });
      try {
        await this.script(reply, request);
      } catch {
        socket.destroy();
      }
      await reply.ended;
      isAnswering = false;
      void answerNext();
    };
    socket.setNoDelay(true);
    socket.setMaxListeners(0);
    socket.on('data', (bytes) => {
      reader.push(bytes);
      void answerNext();
    });
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      connection.closedAt = performance.now();
    });
  }
}

function refuse(reply: UpstreamReply): void {
  reply.json(500, { error: { message: 'No script was set.', type: 'server_error', param: null, code: 'no_script' } });
}
