import { createServer, type Server } from 'node:http';
import { seededRandom } from '../../src/records/random.ts';
import { oddReply } from './odd-reply.ts';

/** An upstream that speaks HTTP to its own liking. The header `x-fuzz` says with what it answers, so that every case can be repeated. */
export function createOddUpstream(): Server {
  const server = createServer((request) => {
    const { socket } = request;
    request.resume();
    request.on('end', () => {
      const { pieces, ending } = oddReply(seededRandom(Number(request.headers['x-fuzz'] ?? 0)));
      for (const piece of pieces) if (socket.writable) socket.write(piece);
      if (ending === 'close') socket.end();
      if (ending === 'reset') setTimeout(() => socket.resetAndDestroy(), 5);
    });
  });
  server.on('connection', (socket) => socket.on('error', () => socket.destroy()));
  return server;
}
