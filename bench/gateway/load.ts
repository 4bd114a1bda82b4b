// The callers, in a process of their own: asked over IPC, they answer with latencies.
import { Pool } from 'undici';
import { keywordCall, keywordRows } from '../../test/keyword-stream.ts';
import { longSystem } from './prompt.ts';

/** What the callers are asked to do. */
export interface Load {
  readonly origin: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly calls: number;
  readonly clients: number;
  readonly stream: boolean;
}

export interface LoadResult {
  readonly latenciesMs: readonly number[];
  readonly firstBytesMs: readonly number[];
  /** How often each `x-rightsize-reason` came. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Answers with another status than 200, and calls without an answer. */
  readonly errors: number;
}

let turns = 0;

process.on('message', (load: Load) => void send(load).then((result) => process.send?.(result)));

/** Calls of one task that were never sent before: a student takes a repeated one for a retry. */
function freshBodies({ calls, stream }: Load): readonly string[] {
  const rows = keywordRows({ count: calls, seed: 1_000 + turns++ });
  return rows.map((row, index) => {
    const { request } = keywordCall(row, index, { system: longSystem });
    return JSON.stringify(stream ? { ...request, stream } : request);
  });
}

async function send(load: Load): Promise<LoadResult> {
  const { origin, headers, clients } = load;
  const waiting = freshBodies(load).values();
  const pool = new Pool(origin, { connections: clients, pipelining: 1 });
  const latenciesMs: number[] = [];
  const firstBytesMs: number[] = [];
  const reasons: Record<string, number> = {};
  let errors = 0;
  const client = async () => {
    for (const body of waiting) {
      const startedAt = performance.now();
      try {
        const response = await pool.request({
          method: 'POST',
          path: '/v1/chat/completions',
          headers: { 'content-type': 'application/json', ...headers },
          body,
        });
        let firstByteAt = 0;
        for await (const _ of response.body) firstByteAt ||= performance.now();
        const reason = String(response.headers['x-rightsize-reason'] ?? 'none');
        reasons[reason] = (reasons[reason] ?? 0) + 1;
        if (response.statusCode !== 200) errors++;
        latenciesMs.push(performance.now() - startedAt);
        firstBytesMs.push(firstByteAt - startedAt);
      } catch {
        errors++;
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  await pool.close();
  return { latenciesMs, firstBytesMs, reasons, errors };
}
