import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BadLine, readCallLog } from '../capture/read-call-log.ts';
import { RightsizeError } from '../errors.ts';
import type { Call } from '../records/call.ts';
import { openStore } from '../storage/open-store.ts';

/** Call logs, ready to be gone through in time order. */
export interface OrderedCalls {
  readonly count: number;
  readonly badLines: readonly BadLine[];
  readonly badLineCount: number;
  calls(): AsyncIterable<Call>;
  close(): Promise<void>;
}

export interface OrderOptions {
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

const BAD_LINES_KEPT = 20;
const BATCH = 1_000;

/**
 * Reads logs once to count their calls and see whether they come in time order. Those that do are read again when asked
 * for; others are sorted on disk, in a folder of their own that `close` removes. Memory does not grow with the logs.
 */
export async function callsInTimeOrder(
  files: readonly string[],
  { onProgress, signal }: OrderOptions = {},
): Promise<OrderedCalls> {
  const badLines: BadLine[] = [];
  let badLineCount = 0;
  let count = 0;
  let latest = Number.NEGATIVE_INFINITY;
  let isOrdered = true;
  const onBadLine = (bad: BadLine): void => {
    if (++badLineCount <= BAD_LINES_KEPT) badLines.push(bad);
  };
  for await (const call of readCallLog(files, { onBadLine, ...(onProgress ? { onProgress } : {}) })) {
    signal?.throwIfAborted();
    count++;
    if (call.at < latest) isOrdered = false;
    latest = Math.max(latest, call.at);
  }
  if (count === 0) throw new RightsizeError('empty_log', `${files.join(', ')}: there is no call in it`);
  const found = { count, badLines, badLineCount };
  if (isOrdered) return { ...found, calls: () => readCallLog(files), close: async () => {} };
  return { ...found, ...(await sorted(files, signal)) };
}

async function sorted(
  files: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Pick<OrderedCalls, 'calls' | 'close'>> {
  const folder = await mkdtemp(join(tmpdir(), 'rightsize-sort-'));
  const close = async (): Promise<void> => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  };
  const store = await openStore(join(folder, 'data'));
  try {
    let batch: Call[] = [];
    const flush = async (): Promise<void> => {
      await store.calls.append(batch.map((call) => ({ call, route: null, match: null })));
      batch = [];
    };
    for await (const call of readCallLog(files)) {
      signal?.throwIfAborted();
      batch.push(call);
      if (batch.length >= BATCH) await flush();
    }
    await flush();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async *calls() {
      for await (const { call } of store.calls.scan()) yield call;
    },
    close,
  };
}
