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
  /** Texts that a student knows what to do with, or not. */
  readonly texts: 'known' | 'vague';
}

export interface LoadResult {
  readonly latenciesMs: readonly number[];
  readonly firstBytesMs: readonly number[];
  /** How often each `x-rightsize-reason` came. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Answers with another status than 200, and calls without an answer. */
  readonly errors: number;
}

const distinct = 20_000;
const pools = { known: bodiesOf(0), vague: bodiesOf(1) };
let position = 0;

process.on('message', (load: Load) => void send(load).then((result) => process.send?.(result)));

/** Distinct calls of one task: a student takes a repeated one for a retry. */
function bodiesOf(vague: number): readonly string[] {
  const rows = keywordRows({ count: distinct, seed: 7, vague });
  return rows.map((row, index) => JSON.stringify(keywordCall(row, index, { system: longSystem }).request));
}

async function send({ origin, headers, calls, clients, stream, texts }: Load): Promise<LoadResult> {
  const pool = new Pool(origin, { connections: clients, pipelining: 1 });
  const latenciesMs: number[] = [];
  const firstBytesMs: number[] = [];
  const reasons: Record<string, number> = {};
  let errors = 0;
  let left = calls;
  const client = async () => {
    while (left-- > 0) {
      const plain = pools[texts][position++ % distinct] ?? '';
      const body = stream ? `${plain.slice(0, -1)},"stream":true}` : plain;
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
