import { RightsizeError } from '../errors.ts';
import type { SessionFacts } from './encoder-session.ts';
import { unsupported } from './model-run.ts';
import { WorkerEncoder } from './worker-encoder.ts';

/** What an encoder shows before it is added. */
export interface EncoderFindings extends SessionFacts {
  readonly batches: boolean;
  /** Milliseconds a text of about thirty tokens, in the median, one at a time. */
  readonly medianMs: number;
}

export interface EncoderFiles {
  readonly model: string;
  readonly tokenizer: string;
}

export interface Examination {
  readonly pooling: 'mean' | 'first';
  /** A text of thirty tokens may take so long, in the median. */
  readonly slowestMs: number;
}

const timedTexts = 24;
const warmUps = 4;
/** Cosine below which company has changed a vector: it would be another one at every load. */
const sameVector = 0.9999;
const differentTexts = 0.999;

/**
 * Runs a few texts through the files: whether they are an encoder, how it is best fed, and how fast it is.
 * @throws RightsizeError `encoder_runtime_missing`, `encoder_damaged`, `encoder_unsupported`, `encoder_too_slow`.
 */
export async function examineEncoder(
  files: EncoderFiles,
  { pooling, slowestMs }: Examination,
): Promise<EncoderFindings> {
  const alone = openFor(files, pooling, null, false);
  try {
    const facts = await alone.open();
    const times = await timeTexts(alone);
    const quickMs = times[Math.floor(timedTexts / 4)] ?? 0;
    // Not the median: a machine that is busy just now makes no encoder slow.
    if (quickMs > slowestMs)
      throw new RightsizeError(
        'encoder_too_slow',
        `A text of thirty tokens takes ${quickMs.toFixed(1)} ms with this encoder, and at most ${slowestMs} are allowed.`,
      );
    const medianMs = times[Math.floor(timedTexts / 2)] ?? 0;
    const vectors = await alone.encode(unlikeTexts);
    if (cosine(vectors[0], vectors[1]) > differentTexts) throw unsupported('it gives the same vector to every text');
    return { ...facts, medianMs, batches: await keepsVectorsInCompany(files, pooling, facts.tokens, vectors) };
  } finally {
    await alone.close();
  }
}

/** Of very different lengths, so that a batch of them is padded. */
const unlikeTexts = [
  'Where is my parcel?',
  'The committee of the opera postponed its autumn programme because two of the singers had fallen ill on the same day.',
  'yes',
  'Please cancel the booking for Friday and refund the deposit to the card that I used.',
];

function openFor(
  files: EncoderFiles,
  pooling: 'mean' | 'first',
  tokens: number | null,
  batches: boolean,
): WorkerEncoder {
  const session = {
    modelFile: files.model,
    tokenizerFile: files.tokenizer,
    hashes: null,
    dimensions: null,
    pooling,
    tokens,
    batches,
  };
  return new WorkerEncoder({ id: '', cacheBytes: 0, session });
}

/** Milliseconds, shortest first. */
async function timeTexts(encoder: WorkerEncoder): Promise<readonly number[]> {
  const times: number[] = [];
  for (let i = 0; i < warmUps + timedTexts; i++) {
    const startedAt = performance.now();
    await encoder.encode([`${i} ${'one of the words that people use when they write '.repeat(3)}`]);
    if (i >= warmUps) times.push(performance.now() - startedAt);
  }
  return times.sort((a, b) => a - b);
}

/** Some models cannot take several texts at all; others give them other vectors then. */
async function keepsVectorsInCompany(
  files: EncoderFiles,
  pooling: 'mean' | 'first',
  tokens: number,
  alone: readonly Float32Array[],
): Promise<boolean> {
  const together = openFor(files, pooling, tokens, true);
  try {
    const vectors = await together.encode(unlikeTexts);
    return vectors.every((vector, i) => cosine(vector, alone[i]) >= sameVector);
  } catch {
    return false;
  } finally {
    await together.close();
  }
}

function cosine(a: Float32Array | undefined, b: Float32Array | undefined): number {
  return (a ?? new Float32Array()).reduce((sum, value, d) => sum + value * (b?.[d] ?? 0), 0);
}
