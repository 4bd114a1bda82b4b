import { openAssignmentsFile } from '../src/cli/assignments-file.ts';
import { callsInTimeOrder } from '../src/cli/calls-in-time-order.ts';
import type { Encoder } from '../src/encoder/encoder.ts';
import { openEncoderFolder } from '../src/encoder/open-encoder-folder.ts';
import { replay } from '../src/gateway/replay.ts';
import type { ReplayReport } from '../src/gateway/replay-report.ts';
import { completeSettings } from '../src/settings.ts';
import { WorkerTrainer } from '../src/train/worker-trainer.ts';
import { cachedVectors } from './quality/vector-cache.ts';

/** Replays one log again and again with one encoder, which keeps its vectors from run to run. */
export interface EncoderReplays {
  /** What `rightsize replay --encoder` would report and write. */
  run(question: {
    readonly log: string;
    readonly epsilon: number;
    readonly seed: number;
    readonly assignments: string;
  }): Promise<ReplayReport>;
  close(): Promise<void>;
}

/** Room for every text of the month. */
const cacheBytes = 512e6;

export async function openEncoderReplays(folder: string): Promise<EncoderReplays> {
  const worker = await openEncoderFolder(folder, cacheBytes);
  await worker.open();
  const encoder = withKnown(worker, cachedVectors('traffic') ?? new Map());
  const { promise: _, spotChecks } = completeSettings();
  return {
    async run({ log, epsilon, seed, assignments: file }) {
      const assignments = await openAssignmentsFile(file);
      const trainer = new WorkerTrainer({ size: 2 });
      const ordered = await callsInTimeOrder([log]);
      try {
        const { report } = await replay(ordered.calls(), {
          epsilon,
          delta: 0.05,
          spotChecks,
          seed,
          trainer,
          encoder,
          onAssignment: assignments.write,
        });
        await assignments.finish();
        return report;
      } finally {
        await trainer.close();
        await ordered.close();
        await assignments.discard();
      }
    },
    close: () => worker.close(),
  };
}

/** Vectors that an earlier run wrote down need not be made again. */
function withKnown(encoder: Encoder, known: ReadonlyMap<string, Float32Array>): Encoder {
  return {
    need: encoder.need,
    async encode(texts) {
      const fresh = texts.filter((text) => !known.has(text));
      const made = fresh.length === 0 ? [] : await encoder.encode(fresh);
      const vectors = new Map(fresh.map((text, i) => [text, made[i] as Float32Array]));
      return texts.map((text) => known.get(text) ?? (vectors.get(text) as Float32Array));
    },
    cached: (text) => known.get(text) ?? encoder.cached(text),
    close: () => encoder.close(),
  };
}
