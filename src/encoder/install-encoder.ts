import { constants } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { RightsizeError } from '../errors.ts';
import { type EncoderManifest, encoderId } from './encoder-manifest.ts';
import { type EncoderFiles, type Examination, examineEncoder } from './examine-encoder.ts';
import { fetchEncoder, nameOfAddress } from './fetch-encoder.ts';
import { findEncoderFiles } from './find-encoder-files.ts';
import { encoderFileNames, encodersFolder, listEncoders, unfinishedPrefix } from './installed-encoders.ts';

export interface EncoderInstallation extends Examination {
  readonly data: string;
  /** A folder, or the http address of one. */
  readonly source: string;
  /** Null: named after where it comes from. */
  readonly name: string | null;
  /** Milliseconds since 1970, UTC. */
  readonly now: number;
  readonly signal?: AbortSignal;
  /** Of a download; `total` null where the other side does not tell. */
  readonly onProgress?: (doneBytes: number, totalBytes: number | null, file: string) => void;
}

/** The encoder, and whether the folder had it already. */
export interface InstalledEncoder {
  readonly encoder: EncoderManifest;
  readonly isNew: boolean;
}

/**
 * Fetches or copies, examines, and only then shows the encoder to anybody: a failure or an interruption leaves nothing.
 * @throws RightsizeError `encoder_incomplete`, `encoder_unreachable`, `invalid_setting` for a name that is taken, and
 * what an examination throws.
 */
export async function installEncoder(installation: EncoderInstallation): Promise<InstalledEncoder> {
  const { data, source, signal } = installation;
  const home = encodersFolder(data);
  await mkdir(home, { recursive: true });
  await removeUnfinished(home);
  const folder = await mkdtemp(join(home, unfinishedPrefix));
  try {
    const files = await bringFiles(installation, folder);
    signal?.throwIfAborted();
    const findings = await examineEncoder(files, installation);
    signal?.throwIfAborted();
    const id = encoderId(findings);
    const known = await listEncoders(data);
    const same = known.find((encoder) => encoder.id === id);
    if (same !== undefined) return { encoder: same, isNew: false };
    const encoder: EncoderManifest = {
      format: 1,
      id,
      name: chooseName(installation, known),
      source: isAddress(source) ? source : resolve(source),
      addedAt: installation.now,
      ...findings,
    };
    await writeFile(join(folder, encoderFileNames.manifest), `${JSON.stringify(encoder, null, 2)}\n`);
    await rename(folder, join(home, id));
    return { encoder, isNew: true };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function isAddress(source: string): boolean {
  return /^https?:\/\//i.test(source);
}

/** What an addition that was killed has left behind. */
async function removeUnfinished(home: string): Promise<void> {
  for (const name of await readdir(home))
    if (name.startsWith(unfinishedPrefix)) await rm(join(home, name), { recursive: true, force: true });
}

async function bringFiles({ source, signal, onProgress }: EncoderInstallation, folder: string): Promise<EncoderFiles> {
  const files = {
    model: join(folder, encoderFileNames.model),
    tokenizer: join(folder, encoderFileNames.tokenizer),
  };
  if (isAddress(source)) {
    await fetchEncoder(source, files, { ...(signal && { signal }), ...(onProgress && { onProgress }) });
  } else {
    const found = await findEncoderFiles(source);
    // A clone shares the blocks of the file where the file system can.
    await copyFile(found.model, files.model, constants.COPYFILE_FICLONE);
    await copyFile(found.tokenizer, files.tokenizer, constants.COPYFILE_FICLONE);
  }
  return files;
}

function chooseName({ source, name }: EncoderInstallation, known: readonly EncoderManifest[]): string {
  const isTaken = (wanted: string): boolean => known.some((encoder) => encoder.name === wanted);
  if (name !== null) {
    if (!isTaken(name)) return name;
    throw new RightsizeError('invalid_setting', `\`${name}\` is the name of another encoder.`, {
      remedy: 'Choose another with `--name`, or remove that encoder first.',
    });
  }
  const own = isAddress(source) ? nameOfAddress(source) : basename(resolve(source));
  for (let i = 1; ; i++) {
    const numbered = i === 1 ? own : `${own}-${i}`;
    if (!isTaken(numbered)) return numbered;
  }
}
