import { stat } from 'node:fs/promises';
import { encoderId } from './encoder-manifest.ts';
import { examineEncoder } from './examine-encoder.ts';
import { findEncoderFiles } from './find-encoder-files.ts';
import { WorkerEncoder } from './worker-encoder.ts';

/** Whether a name stands for a folder on the disk; plain names are those of installed encoders. */
export async function isEncoderFolder(name: string): Promise<boolean> {
  if (!/[/\\]/.test(name)) return false;
  return stat(name).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** An encoder that is not installed, examined as if it were to be added. Throws what adding it would, but for its speed. */
export async function openEncoderFolder(folder: string, cacheBytes: number): Promise<WorkerEncoder> {
  const files = await findEncoderFiles(folder);
  const findings = await examineEncoder(files, { pooling: 'mean', slowestMs: Number.POSITIVE_INFINITY });
  const { modelHash, tokenizerHash, dimensions, tokens, batches } = findings;
  return new WorkerEncoder({
    id: encoderId(findings),
    cacheBytes,
    session: {
      modelFile: files.model,
      tokenizerFile: files.tokenizer,
      hashes: { model: modelHash, tokenizer: tokenizerHash },
      dimensions,
      pooling: 'mean',
      tokens,
      batches,
    },
  });
}
