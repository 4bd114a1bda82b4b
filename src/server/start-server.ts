import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { RightsizeError } from '../errors.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { readSecret, type Settings } from '../settings.ts';
import { type AdminParts, answerUnaskable, createAdminApp } from './admin-app.ts';
import { createLimitedServer } from './limited-server.ts';
import { refuseOpenDoors } from './refuse-open-doors.ts';

export interface ServerParts extends Omit<AdminParts, 'adminKey'> {
  readonly settings: Settings;
}

export interface RunningServer {
  /** `http://127.0.0.1:8484`, with the port that was really taken. */
  readonly origin: string;
  /**
   * Readiness fails first, `readinessDelayMs` later there are no new connections, then running answers get `drainMs` to
   * finish; what still runs then ends in an error.
   */
  stop(drainMs?: number): Promise<void>;
}

/** Gateway, admin API and health on one port. Throws `port_in_use`, `invalid_setting`. */
export async function startServer({ settings, ...parts }: ServerParts): Promise<RunningServer> {
  refuseOpenDoors(settings, parts.access.gate.isOpen);
  const app = createAdminApp({ ...parts, adminKey: readSecret(settings.keys.admin) });
  const admin = getRequestListener(app.fetch, { errorHandler: answerUnaskable });
  let isReady = true;
  let wasProbed = false;
  const server = createLimitedServer(settings.connections, (request, response) => {
    const path = request.url ?? '';
    if (path === '/healthz') sendHealth(response, true);
    else if (path === '/readyz') {
      wasProbed = true;
      sendHealth(response, isReady);
    } else if (path.startsWith('/admin/') || path === '/metrics') void admin(request, response);
    else parts.gateway.handle(request, response);
  });
  const origin = await listen(server, settings);
  return {
    origin,
    async stop(drainMs = settings.drainMs) {
      isReady = false;
      if (wasProbed) await new Promise((resolve) => setTimeout(resolve, settings.readinessDelayMs));
      await stop(server, parts.gateway, drainMs);
    },
  };
}

function sendHealth(response: ServerResponse<IncomingMessage>, isWell: boolean): void {
  response.writeHead(isWell ? 200 : 503, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ status: isWell ? 'ok' : 'stopping' }));
}

function listen(server: Server, { host, port }: Settings): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(describeListenError(cause, host, port)));
    server.listen(port, host, () => {
      const { address, port: taken, family } = server.address() as AddressInfo;
      resolve(`http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`);
    });
  });
}

function describeListenError(cause: NodeJS.ErrnoException, host: string, port: number): RightsizeError {
  if (cause.code === 'EADDRINUSE')
    return new RightsizeError('port_in_use', `Port ${port} of ${host} is taken by another program.`, { cause });
  return new RightsizeError('invalid_setting', `Cannot listen on ${host}:${port}: ${cause.message}.`, { cause });
}

async function stop(server: Server, gateway: Gateway, drainMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const drained = gateway.drain();
  if (!(await isDoneWithin(drained, drainMs))) {
    const seconds = Math.round(drainMs / 1_000);
    gateway.interrupt(
      new RightsizeError('server_stopping', `The server was stopped; \`drainMs\` (${seconds} s) is over.`),
    );
    await isDoneWithin(drained, lastWordsMs);
  }
  server.closeAllConnections();
  await closed;
}

/** For the error events of interrupted answers to reach their callers. */
const lastWordsMs = 1_000;

async function isDoneWithin(work: Promise<void>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const isDone = await Promise.race([work.then(() => true), patience]);
  clearTimeout(timer);
  return isDone;
}
