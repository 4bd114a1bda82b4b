import { rename, rm, writeFile } from 'node:fs/promises';
import { RightsizeError } from '../errors.ts';

/**
 * Writes files so that each is there whole or not at all, and none is while another could not be written. What stands
 * there already is replaced.
 * @throws RightsizeError `file_not_writable`; the signal's reason where it was aborted.
 */
export async function writeWholeFiles(texts: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<void> {
  const drafts = Object.entries(texts).map(([file, text]) => ({ file, text, draft: `${file}.partial-${process.pid}` }));
  let writing = '';
  try {
    for (const { file, text, draft } of drafts) {
      writing = file;
      await writeFile(draft, text, { flush: true });
    }
    signal?.throwIfAborted();
    for (const { file, draft } of drafts) {
      writing = file;
      await rename(draft, file);
    }
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    throw new RightsizeError('file_not_writable', `\`${writing}\` cannot be written (${(cause as Error).message})`, {
      cause,
    });
  } finally {
    for (const { draft } of drafts) await rm(draft, { force: true });
  }
}
