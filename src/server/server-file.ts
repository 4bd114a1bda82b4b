import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the server that holds a data folder can be reached. */
export interface ServerAddress {
  /** `http://127.0.0.1:8484` */
  readonly origin: string;
  readonly pid: number;
  /** ISO 8601. */
  readonly startedAt: string;
}

const name = 'server.json';

/** Tells commands on this machine where the server is. */
export async function writeServerFile(folder: string, address: ServerAddress): Promise<void> {
  const file = join(folder, name);
  await mkdir(folder, { recursive: true });
  await writeFile(`${file}.new`, `${JSON.stringify(address, null, 2)}\n`);
  await rename(`${file}.new`, file);
}

/** Null where no server has left its address. It may have died since. */
export async function readServerFile(folder: string): Promise<ServerAddress | null> {
  try {
    const value: unknown = JSON.parse(await readFile(join(folder, name), 'utf8'));
    return isAddress(value) ? value : null;
  } catch {
    return null;
  }
}

export async function removeServerFile(folder: string): Promise<void> {
  await rm(join(folder, name), { force: true });
}

function isAddress(value: unknown): value is ServerAddress {
  return (
    typeof value === 'object' &&
    value !== null &&
    'origin' in value &&
    typeof value.origin === 'string' &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'startedAt' in value &&
    typeof value.startedAt === 'string'
  );
}
