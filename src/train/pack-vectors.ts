import type { TrainingRow } from '../learn/student.ts';
import type { TrainingJob } from './trainer.ts';

/** A job on its way to a worker: the rows' vectors in one array, which can be handed over without being copied row by row. */
export interface PackedJob {
  readonly job: TrainingJob;
  /** Rows × dimensions; null where the rows carry no vectors. */
  readonly vectors: Float32Array | null;
}

export function packJob(job: TrainingJob): PackedJob {
  const dimensions = job.encoder?.dimensions ?? 0;
  if (dimensions === 0) return { job, vectors: null };
  const vectors = new Float32Array(job.rows.length * dimensions);
  const rows = job.rows.map(({ vector, ...row }, at): TrainingRow => {
    vectors.set(vector ?? [], at * dimensions);
    return row;
  });
  return { job: { ...job, rows }, vectors };
}

/** The job as it was before `packJob`. */
export function unpackJob({ job, vectors }: PackedJob): TrainingJob {
  const dimensions = job.encoder?.dimensions ?? 0;
  if (vectors === null) return job;
  const rows = job.rows.map((row, at) => ({
    ...row,
    vector: vectors.subarray(at * dimensions, (at + 1) * dimensions),
  }));
  return { ...job, rows };
}
