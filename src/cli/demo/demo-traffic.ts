import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { importCalls } from '../../capture/import-calls.ts';
import { RightsizeError } from '../../errors.ts';
import type { Call } from '../../records/call.ts';
import type { Store } from '../../storage/store.ts';

/** Where some of the bundled calls come from; told apart by the beginning of their ids. */
export interface TrafficSource {
  readonly prefix: string;
  readonly about: string;
  readonly answeredBy: string;
  /** A real model gave these answers; otherwise people's labels are played as a model's. */
  readonly isRecorded: boolean;
}

/** The folder stands beside both `src` and `dist`. */
const folder = new URL('../../../demo/', import.meta.url);

export function readSources(): readonly TrafficSource[] {
  return JSON.parse(readFileSync(new URL('sources.json', folder), 'utf8'));
}

/** Where a call comes from; null where nobody said. */
export function sourceOf(sources: readonly TrafficSource[], callId: string): TrafficSource | null {
  return sources.find(({ prefix }) => callId.startsWith(prefix)) ?? null;
}

/** Imports the bundled log into a store as any other log, and gives its calls in time order. */
export async function importTraffic(
  store: Store,
  options: { readonly now: number; readonly most: number; readonly signal: AbortSignal },
): Promise<readonly Call[]> {
  const file = fileURLToPath(new URL('traffic/calls.jsonl.gz', folder));
  if (!existsSync(file)) throw new RightsizeError('file_not_found', `The bundled log \`${file}\` is missing.`);
  const { failure } = await importCalls({
    files: [file],
    calls: store.calls,
    now: options.now,
    signal: options.signal,
  });
  if (failure !== null) throw failure;
  const calls: Call[] = [];
  for await (const { call } of store.calls.scan()) {
    if (calls.length >= options.most) break;
    calls.push(call);
  }
  return calls;
}
