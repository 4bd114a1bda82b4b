import { spawn } from 'node:child_process';
import { NotTestable } from '../check.ts';

/** Asks an address again and again in a process of its own, which nothing here can hold up. */
const program = `
  const [, url] = process.argv;
  const times = [];
  let status = 0;
  let goesOn = true;
  process.stdin.on('data', () => { goesOn = false; });
  (async () => {
    while (goesOn) {
      const startedAt = performance.now();
      try {
        const response = await fetch(url);
        await response.text();
        status = response.status;
        times.push(performance.now() - startedAt);
      } catch {
        times.push(1e9);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    process.stdout.write(JSON.stringify({ times, status }), () => process.exit());
  })();
`;

export interface Probe {
  /** Milliseconds that each answer took; 1e9 where none came. Throws `NotTestable` where there is no such address. */
  stop(): Promise<readonly number[]>;
}

export async function startProbe(url: string): Promise<Probe> {
  const child = spawn(process.execPath, ['-e', program, url], { stdio: ['pipe', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    async stop() {
      child.stdin.write('stop');
      await ended;
      const { times, status } = JSON.parse(said) as { times: number[]; status: number };
      if (status === 404) throw new NotTestable(`it has no ${new URL(url).pathname}`);
      // The first one pays for the start of the process.
      return times.slice(1);
    },
  };
}
