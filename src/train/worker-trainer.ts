import { Worker } from 'node:worker_threads';
import { RightsizeError } from '../errors.ts';
import { readStudent } from '../learn/student.ts';
import { packJob } from './pack-vectors.ts';
import type { WorkerReply, WorkerRequest } from './train-worker.ts';
import type { Trainer, TrainingJob, TrainingOutcome, TrainingReport } from './trainer.ts';

interface Waiting {
  readonly id: number;
  readonly job: TrainingJob;
  readonly onProgress: ((share: number) => void) | undefined;
  readonly resolve: (outcome: TrainingOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** Trains in worker threads, never on the event loop that serves. Jobs queue; a worker that dies fails its job alone. */
export class WorkerTrainer implements Trainer {
  readonly #size: number;
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, Waiting>();
  readonly #queue: Waiting[] = [];
  #nextId = 1;
  #isClosed = false;

  /** `size`: how many trainings may run at the same time. */
  constructor({ size = 1 }: { readonly size?: number } = {}) {
    this.#size = size;
  }

  train(job: TrainingJob, onProgress?: (share: number) => void): Promise<TrainingOutcome> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(new RightsizeError('interrupted', 'the trainer is closed'));
        return;
      }
      this.#queue.push({ id: this.#nextId++, job, onProgress, resolve, reject });
      this.#startNext();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const closed = new RightsizeError('interrupted', 'the trainer was closed while a student was being trained');
    for (const waiting of this.#queue.splice(0)) waiting.reject(closed);
    const workers = [...this.#idle, ...this.#busy.keys()];
    for (const waiting of this.#busy.values()) waiting.reject(closed);
    this.#busy.clear();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #startNext(): void {
    const waiting = this.#queue[0];
    if (waiting === undefined) return;
    const worker = this.#idle.pop() ?? (this.#busy.size < this.#size ? this.#newWorker() : undefined);
    if (worker === undefined) return;
    this.#queue.shift();
    this.#busy.set(worker, waiting);
    worker.ref();
    const packed = packJob(waiting.job);
    const moved = packed.vectors === null ? [] : [packed.vectors.buffer as ArrayBuffer];
    worker.postMessage({ id: waiting.id, packed } satisfies WorkerRequest, moved);
  }

  #newWorker(): Worker {
    const worker = startWorker();
    worker.on('message', (reply: WorkerReply) => this.#receive(worker, reply));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', () => this.#lose(worker, new Error('the training worker stopped')));
    return worker;
  }

  #receive(worker: Worker, reply: WorkerReply): void {
    const waiting = this.#busy.get(worker);
    if (waiting === undefined) return;
    if (reply.kind === 'progress') {
      waiting.onProgress?.(reply.share);
      return;
    }
    this.#busy.delete(worker);
    this.#idle.push(worker);
    worker.unref();
    if (reply.kind === 'failed') waiting.reject(failureOf(reply));
    else waiting.resolve(outcomeOf(reply));
    this.#startNext();
  }

  #lose(worker: Worker, error: unknown): void {
    const index = this.#idle.indexOf(worker);
    if (index >= 0) this.#idle.splice(index, 1);
    const waiting = this.#busy.get(worker);
    this.#busy.delete(worker);
    waiting?.reject(new RightsizeError('internal', 'the training worker stopped before it was done', { cause: error }));
    if (!this.#isClosed) this.#startNext();
  }
}

function outcomeOf(reply: Extract<WorkerReply, { kind: 'done' }>): TrainingOutcome {
  return {
    student: readStudent(reply.bytes),
    outOfFold: reply.labels.map((label, index) => ({ label, score: reply.scores[index] ?? 0 })),
    report: reply.report as TrainingReport,
  };
}

function failureOf({ code, message }: Extract<WorkerReply, { kind: 'failed' }>): RightsizeError {
  return code === null
    ? new RightsizeError('internal', `training failed: ${message}`)
    : new RightsizeError(code, message);
}

function startWorker(): Worker {
  const isSource = import.meta.url.endsWith('.ts');
  const url = new URL(isSource ? './train-worker.ts' : './train-worker.js', import.meta.url);
  if (!isSource) return new Worker(url);
  // Workers of Node 20 do not inherit the loader that runs the sources in development.
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const file = JSON.stringify(url.href);
  return new Worker(`import(${loader}).then(({ tsImport }) => tsImport(${file}, ${file}))`, { eval: true });
}
