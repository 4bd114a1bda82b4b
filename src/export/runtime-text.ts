import { readFile } from 'node:fs/promises';
import { RightsizeError } from '../errors.ts';

/** Made by scripts/build.mjs; both src/export and dist/export stand two folders below the package. */
const place = new URL('../../dist/export/module-runtime.txt', import.meta.url);

/** The code that every exported module begins with. @throws RightsizeError `file_not_found` before the package is built. */
export async function readRuntimeText(): Promise<string> {
  try {
    return await readFile(place, 'utf8');
  } catch (cause) {
    throw new RightsizeError('file_not_found', 'The code of exported modules has not been built.', {
      cause,
      remedy: 'Run `npm run build`, or install the package again.',
    });
  }
}
