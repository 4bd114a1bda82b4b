import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { pause } from '../client.ts';

const program =
  "const s=require('net').createServer();s.listen({port:0,host:'127.0.0.1',backlog:1},()=>process.stdout.write(String(s.address().port)))";

/** Connections that fill the queue of a backlog of one, and some more. */
const fillers = 4;

export interface DeafServer {
  readonly origin: string;
  close(): void;
}

/** A port of this machine that takes no connection and refuses none: its process is stopped, its queue full. */
export async function startDeafServer(): Promise<DeafServer> {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'ignore'] });
  const port = await new Promise<number>((resolve) => child.stdout.once('data', (text) => resolve(Number(text))));
  child.kill('SIGSTOP');
  await pause(100);
  const sockets: Socket[] = [];
  for (let i = 0; i < fillers; i++) sockets.push(connect(port, '127.0.0.1').on('error', () => {}));
  await pause(100);
  return {
    origin: `http://127.0.0.1:${port}`,
    close() {
      for (const socket of sockets) socket.destroy();
      child.kill('SIGKILL');
    },
  };
}
