import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { RightsizeError } from '../errors.ts';
import type { Assignment } from '../gateway/replay-books.ts';

/** Where `--assignments` goes: there is no such file until it is whole. */
export interface AssignmentsFile {
  write(assignment: Assignment): void;
  /** Resolves once the file is there, whole. Throws `folder_not_writable`. */
  finish(): Promise<void>;
  /** Leaves nothing behind where `finish` has not been reached; else does nothing. */
  discard(): Promise<void>;
}

/** @throws RightsizeError `folder_not_writable`. */
export async function openAssignmentsFile(file: string): Promise<AssignmentsFile> {
  // A device or a pipe cannot be renamed into place.
  const isPlain = await stat(file).then(
    (found) => found.isFile(),
    () => true,
  );
  const draft = isPlain ? `${file}.part` : file;
  try {
    await (await open(draft, 'w')).close();
  } catch (cause) {
    throw notWritable(file, cause);
  }
  const stream = createWriteStream(draft);
  let failure: unknown = null;
  stream.on('error', (error) => {
    failure = error;
  });
  let isOpen = true;
  return {
    write(assignment) {
      if (failure !== null) throw notWritable(file, failure);
      stream.write(`${JSON.stringify(assignment)}\n`);
    },
    async finish() {
      stream.end();
      try {
        await finished(stream);
        if (isPlain) await rename(draft, file);
        isOpen = false;
      } catch (cause) {
        throw notWritable(file, cause);
      }
    },
    async discard() {
      if (!isOpen) return;
      isOpen = false;
      stream.destroy();
      if (!stream.closed) await once(stream, 'close');
      if (isPlain) await rm(draft, { force: true });
    },
  };
}

function notWritable(file: string, cause: unknown): RightsizeError {
  return new RightsizeError('folder_not_writable', `\`--assignments\` is ${file}, which cannot be written`, {
    cause,
    remedy: 'Give a file you may write to, in a folder that exists, on a disk with room.',
  });
}
