import { describe, expect, it } from 'vitest';
import { packJob, unpackJob } from './pack-vectors.ts';
import type { TrainingJob } from './trainer.ts';

const job: TrainingJob = {
  kind: 'label',
  encoder: { id: 'tiny', dimensions: 2 },
  rows: [
    { slots: ['a'], label: 'x', weight: 0.5, vector: Float32Array.of(1, 0) },
    { slots: ['b', 'c'], label: 'y', vector: Float32Array.of(0.6, 0.8) },
  ],
  seed: 1,
  head: 'linear',
};

describe('a job on its way to a worker', () => {
  it('is the same when it arrives, its vectors having travelled as one array', () => {
    const packed = packJob(job);
    expect(packed.vectors).toEqual(Float32Array.of(1, 0, 0.6, 0.8));
    expect(packed.job.rows.some((row) => 'vector' in row)).toBe(false);
    const moved = structuredClone(packed, { transfer: [packed.vectors?.buffer as ArrayBuffer] });
    expect(unpackJob(moved)).toEqual(job);
  });

  it('travels as it is where its rows carry no vectors', () => {
    const plain: TrainingJob = { ...job, encoder: null, rows: [{ slots: ['a'], label: 'x' }] };
    expect(packJob(plain)).toEqual({ job: plain, vectors: null });
    expect(unpackJob({ job: plain, vectors: null })).toBe(plain);
  });
});
