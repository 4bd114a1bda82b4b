import { seededRandom } from '../../src/records/random.ts';
import type { SettingsInput } from '../../src/settings.ts';
import { faultOf, readAnswers } from './judge-answers.ts';
import { inPieces } from './mutate.ts';
import { oddRequest } from './odd-request.ts';
import { rawExchange } from './raw-exchange.ts';

/** Settings under which every call ends within a second, whatever the upstream does. */
export const fuzzSettings = {
  port: 0,
  log: 'silent',
  maxBodyBytes: 2_000_000,
} as const satisfies SettingsInput;

/** Limits of the upstream in the fuzzed gateway. */
export const fuzzUpstream = {
  connectTimeoutMs: 300,
  firstByteTimeoutMs: 300,
  idleTimeoutMs: 300,
  totalTimeoutMs: 700,
} as const;

const patience = { quietMs: 800, patienceMs: 1_000 };

/** What a gateway did wrong with the bytes of one request; null where nothing. */
export async function faultWith(bytes: readonly Buffer[], port: number): Promise<string | null> {
  const { bytes: answered, isHung } = await rawExchange({ port, pieces: bytes, ...patience });
  if (isHung) return 'neither answered nor closed';
  try {
    return (
      readAnswers(answered)
        .map(faultOf)
        .find((fault) => fault !== null) ?? null
    );
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The request of a seed, on a connection of its own. */
export function faultOfSeed(seed: number, port: number): Promise<string | null> {
  return faultWith(inPieces(oddRequest(seed), seededRandom(seed + 0.5)), port);
}
