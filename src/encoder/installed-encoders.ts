import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { RightsizeError } from '../errors.ts';
import type { EncoderNeed } from '../records/encoder-need.ts';
import type { EncoderManifest } from './encoder-manifest.ts';
import { WorkerEncoder } from './worker-encoder.ts';

const manifestSchema = z.object({
  format: z.literal(1),
  id: z.string().min(1),
  name: z.string().min(1),
  source: z.string(),
  addedAt: z.number(),
  modelHash: z.string(),
  tokenizerHash: z.string(),
  bytes: z.number(),
  dimensions: z.number().int(),
  output: z.string(),
  pooling: z.enum(['none', 'mean', 'first']),
  tokens: z.number().int(),
  batches: z.boolean(),
  medianMs: z.number(),
});

/** What the parts of a data folder's encoder are called. */
export const encoderFileNames = { model: 'model.onnx', tokenizer: 'tokenizer.json', manifest: 'encoder.json' } as const;

/** Folders that are still being filled begin so; nobody takes them for encoders. */
export const unfinishedPrefix = '.adding-';

export function encodersFolder(data: string): string {
  return join(data, 'encoders');
}

/** By name. Throws `encoder_damaged` where one's description cannot be read. */
export async function listEncoders(data: string): Promise<readonly EncoderManifest[]> {
  const folder = encodersFolder(data);
  const names = await readdir(folder).catch(() => []);
  const manifests = await Promise.all(
    names.filter((name) => !name.startsWith('.')).map((name) => readManifest(join(folder, name))),
  );
  return manifests.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function readManifest(folder: string): Promise<EncoderManifest> {
  try {
    return manifestSchema.parse(JSON.parse(await readFile(join(folder, encoderFileNames.manifest), 'utf8')));
  } catch (cause) {
    throw new RightsizeError(
      'encoder_damaged',
      `The encoder in ${folder} has no readable ${encoderFileNames.manifest}.`,
      {
        cause,
        remedy: `Delete the folder ${folder} and add the encoder again.`,
      },
    );
  }
}

/** By name, id, or the beginning of an id. Throws `encoder_not_available`. */
export async function findEncoder(data: string, wanted: string): Promise<EncoderManifest> {
  const all = await listEncoders(data);
  const byName = all.find(({ name }) => name === wanted);
  const byId = all.filter(({ id }) => wanted.length >= 6 && id.startsWith(wanted));
  const found = byName ?? (byId.length === 1 ? byId[0] : undefined);
  if (found !== undefined) return found;
  const known = all.map(({ name }) => name).join(', ');
  throw new RightsizeError(
    'encoder_not_available',
    `There is no encoder \`${wanted}\` in ${data}; ${known === '' ? 'none is installed' : `installed: ${known}`}.`,
  );
}

/**
 * The encoder that the settings mean: `auto` the only one installed (null where there are none or several), null none,
 * else the one of that name or id. Throws `encoder_not_available`, `encoder_damaged`.
 */
export async function chooseEncoder(data: string, use: string | null): Promise<EncoderManifest | null> {
  if (use === null) return null;
  if (use !== 'auto') return findEncoder(data, use);
  const all = await listEncoders(data);
  return all.length === 1 ? (all[0] ?? null) : null;
}

/** Reads nothing yet: the files are verified against their hashes when the first text comes, or on `open`. */
export function openEncoder(data: string, manifest: EncoderManifest, cacheBytes: number): WorkerEncoder {
  const folder = join(encodersFolder(data), manifest.id);
  return new WorkerEncoder({
    id: manifest.id,
    cacheBytes,
    session: {
      modelFile: join(folder, encoderFileNames.model),
      tokenizerFile: join(folder, encoderFileNames.tokenizer),
      hashes: { model: manifest.modelHash, tokenizer: manifest.tokenizerHash },
      dimensions: manifest.dimensions,
      pooling: manifest.pooling === 'first' ? 'first' : 'mean',
      tokens: manifest.tokens,
      batches: manifest.batches,
    },
  });
}

/** The encoder that a student needs; null where it is not installed. */
export async function openNeededEncoder(
  data: string,
  need: EncoderNeed,
  cacheBytes: number,
): Promise<WorkerEncoder | null> {
  const found = (await listEncoders(data)).find(({ id }) => id === need.id);
  return found === undefined ? null : openEncoder(data, found, cacheBytes);
}

export async function removeEncoder(data: string, { id }: EncoderManifest): Promise<void> {
  await rm(join(encodersFolder(data), id), { recursive: true });
}
